"""What one uploaded file may cost."""

PROCESSOR_S = 2
MEMORY_BYTES = 300 * 1024 * 1024
# On a busy machine two seconds of work take longer; then somebody has waited long enough.
WALL_S = 10.0
# Files read at once on one machine, whatever site or worker they were sent to, and how long one waits.
AT_ONCE = 2
PATIENCE_S = 5.0
