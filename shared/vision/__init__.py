"""The only dlib and LiteRT: pixels in, small values out."""
