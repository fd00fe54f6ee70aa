"""Faces: enrolment, face models and what is said about them."""
