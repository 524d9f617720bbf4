"""The page: Gradio blocks, local scripts and styles. Plain values and pictures; no model code in sight."""
