require "webrick"
server = WEBrick::HTTPServer.new(Port: 8080, BindAddress: "0.0.0.0", AccessLog: [])
server.mount_proc("/") { |_, response| response.body = "ok\n" }
server.start
