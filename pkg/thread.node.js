// The script of a Node worker. `nearfold/worker` starts it.

import { parentPort } from "node:worker_threads";
import { init } from "./node.js";
import { serve } from "./serve.js";

parentPort.on("message", serve((message, transfer) => parentPort.postMessage(message, transfer), init));
