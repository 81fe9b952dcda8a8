package @PACKAGE@;

import java.io.BufferedReader;
import java.io.Closeable;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** A file of comma-separated values (RFC 4180). */
final class Csv implements Closeable {
    private final BufferedReader reader;
    private int letter;

    Csv(Path path) throws IOException {
        reader = Files.newBufferedReader(path, StandardCharsets.UTF_8);
        letter = reader.read();
        letter = letter == '\ufeff' ? reader.read() : letter;
    }

    /** The next row; null at the end. */
    List<String> next() throws IOException {
        if (letter < 0) {
            return null;
        }
        List<String> row = new ArrayList<>();
        for (;;) {
            row.add(field());
            int last = letter;
            letter = last < 0 ? last : reader.read();
            if (last == '\r' && letter == '\n') {
                letter = reader.read();
            }
            if (last != ',') {
                return row;
            }
        }
    }

    private String field() throws IOException {
        StringBuilder field = new StringBuilder();
        if (letter == '"') {
            for (letter = reader.read(); letter >= 0; letter = reader.read()) {
                if (letter == '"') {
                    letter = reader.read();
                    if (letter != '"') {
                        break;
                    }
                }
                field.append((char) letter);
            }
        }
        for (; letter >= 0 && letter != ',' && letter != '\n' && letter != '\r'; letter = reader.read()) {
            field.append((char) letter);
        }
        return field.toString();
    }

    /** A field as it is written: in quotes where it must be. */
    static String quoted(String text) {
        return text.matches("(?s).*[,\"\r\n].*") ? '"' + text.replace("\"", "\"\"") + '"' : text;
    }

    @Override
    public void close() throws IOException {
        reader.close();
    }
}
