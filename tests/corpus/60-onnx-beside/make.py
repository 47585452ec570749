from tests.corpus_onnx import save_with_weight_elsewhere

save_with_weight_elsewhere("train-images.npy")
