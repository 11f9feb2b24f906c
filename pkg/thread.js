// The script of a browser's worker. `nearfold/worker` starts it.

import { init } from "./index.js";
import { serve } from "./serve.js";

const take = serve((message, transfer) => postMessage(message, transfer), init);
onmessage = ({ data }) => take(data);
