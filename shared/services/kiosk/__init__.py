"""The kiosk: passes, check-ins, and questions to the teacher."""
