"""Integrations: what the school's other systems bring in, each off until the office turns it on."""
