// node.js http | express | busy: the last one computes on /slow, and everybody waits.
const kind = process.argv[2];
const answer = (request, response) => {
  const end = Date.now() + (request.url === "/slow" ? 150 : 0);
  while (kind === "busy" && Date.now() < end);
  response.end("ok\n");
};
if (kind === "express") {
  const app = require("/usr/local/lib/node/node_modules/express")();
  app.get("/", (request, response) => response.send("ok\n"));
  app.listen(8080, "0.0.0.0");
} else {
  require("http").createServer(answer).listen(8080, "0.0.0.0");
}
