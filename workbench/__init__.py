"""Run resumable generations, keep every event, and read them from any cursor."""
