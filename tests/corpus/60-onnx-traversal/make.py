from tests.corpus_onnx import save_with_weight_elsewhere

save_with_weight_elsewhere("../" * 20 + "@DECOYS@/shared.db".lstrip("/"))
