"""Charts as SVG made on the server: marks in a stretchable SVG, labels as HTML text, colours by CSS class only."""
