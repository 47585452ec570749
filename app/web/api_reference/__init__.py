"""The page on the API, read from the OpenAPI document itself, so that it says what is there and nothing else."""
