"""The page: Gradio blocks, local scripts and styles. It handles plain values and pictures, no models."""
