"""Attendance: lectures, their marks, sheets and totals."""
