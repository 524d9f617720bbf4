// Every tab says which components it fills; then those that the page has mounted meanwhile are filled.
import "./shared/theme.js";
import "./faces/main.js";
import "./prompts/main.js";
import "./styles/main.js";
import "./reconstruction/main.js";
import "./latent_map/main.js";
import "./models/main.js";
import { start } from "./shared/components.js";

start();
