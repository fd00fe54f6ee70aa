// Who signed: the proposal is selected, so that Enter takes it and typing replaces it.

import { find } from "/shared-static/page.js";

if (!document.querySelector("[aria-invalid]")) find("#given_by", HTMLInputElement).select();
