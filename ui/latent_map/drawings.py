"""The ways of drawings that the map shows: a recipe goes to the pipeline that draws it."""

from __future__ import annotations

from core.pipelines.faces.pipeline import FacesPipeline
from core.pipelines.inside import Trajectory
from core.pipelines.prompts.pipeline import PromptsPipeline
from core.pipelines.prompts.types import PromptRequest
from core.recipe import Recipe
from ui.messages import RequestError


class Drawings:
    """The built-in models that draw in the latents of the map."""

    def __init__(self, faces: FacesPipeline, prompts: PromptsPipeline) -> None:
        self.faces, self.prompts = faces, prompts

    def trajectory(self, recipe: Recipe) -> Trajectory:
        """Raises ``RequestError``, ``RecipeError`` or ``CheckpointError``."""
        pipelines = {"faces": self.faces, "text": self.prompts}
        pipeline = pipelines.get(recipe.model)
        if pipeline is None:
            raise RequestError("Only drawings of the built-in models have a path on this map.")
        if missing := pipeline.missing():
            raise RequestError(missing)
        return pipeline.trajectory(recipe if recipe.model == "faces" else PromptRequest(recipe))
