"""The only dlib, LiteRT and TensorFlow: pixels in, small values out."""
