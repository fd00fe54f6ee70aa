"""The school's own calendar as rules: what a timetable says, whom it ties together, what it would change."""
