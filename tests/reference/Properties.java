import java.io.*;
import java.nio.charset.StandardCharsets;
import java.util.Base64;

/** Loads properties: a text in base64 a line, and an answer a line: "read KEY:VALUE KEY:VALUE ... ", both in base64. */
class Properties {
    public static void main(String[] args) throws IOException {
        var questions = new BufferedReader(new InputStreamReader(System.in));
        for (String line; (line = questions.readLine()) != null; ) {
            System.out.println(answer(new String(Base64.getDecoder().decode(line), StandardCharsets.UTF_8)));
        }
    }

    static String answer(String text) throws IOException {
        var read = new java.util.Properties();
        try {
            read.load(new StringReader(text));
        } catch (IllegalArgumentException refused) {
            return "refused";
        }
        var answer = new StringBuilder("read ");
        read.forEach((key, value) -> answer.append(coded(key)).append(':').append(coded(value)).append(' '));
        return answer.toString();
    }

    static String coded(Object text) {
        return Base64.getEncoder().encodeToString(text.toString().getBytes(StandardCharsets.UTF_8));
    }
}
