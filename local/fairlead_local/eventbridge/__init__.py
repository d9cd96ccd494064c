"""Amazon EventBridge's default bus: rules by pattern or schedule, with functions as targets."""
