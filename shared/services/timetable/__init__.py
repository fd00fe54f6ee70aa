"""The school's own calendar: timetables in, the plan, and lectures that wait for their teacher."""
