"""People: classes, teachers, students, their consent, export and erasure."""
