"""What every family stands on. Private: nothing here is part of the public interface."""
