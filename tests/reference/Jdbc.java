import java.io.*;
import java.util.*;
import java.util.stream.*;

/** Reads addresses with the JDBC drivers: a JSON string without escapes a line, and an answer a line: {"servers": ["host:port", ...]},
    each port with the driver's default where none is written, or {"refused": true}. */
class Jdbc {
    public static void main(String[] args) throws IOException {
        var questions = new BufferedReader(new InputStreamReader(System.in));
        for (String line; (line = questions.readLine()) != null; ) {
            System.out.println(answer(line.substring(1, line.length() - 1)));
        }
    }

    static String answer(String url) {
        try {
            var servers = url.startsWith("jdbc:postgresql:") ? postgresql(url) : mariadb(url);
            return servers.map(server -> '"' + server + '"').collect(Collectors.joining(", ", "{\"servers\": [", "]}"));
        } catch (Exception refused) {
            return "{\"refused\": true}";
        }
    }

    static Stream<String> mariadb(String url) throws Exception {
        return org.mariadb.jdbc.UrlParser.parse(url).getHostAddresses().stream().map(at -> at.host + ":" + at.port);
    }

    static Stream<String> postgresql(String url) {
        var read = org.postgresql.Driver.parseURL(url, new Properties());
        var hosts = read.getProperty("PGHOST").split(",");
        var ports = read.getProperty("PGPORT").split(",");
        return IntStream.range(0, hosts.length).mapToObj(at -> hosts[at] + ":" + ports[at]);
    }
}
