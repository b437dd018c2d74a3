"""The record of the target device, and of the devices beside it."""
