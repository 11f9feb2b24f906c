// The same with the kernel in the script: for bundlers that do not follow `new URL(…, import.meta.url)`.

import { init } from "./inline.js";
import { serve } from "./serve.js";

const take = serve((message, transfer) => postMessage(message, transfer), init);
onmessage = ({ data }) => take(data);
