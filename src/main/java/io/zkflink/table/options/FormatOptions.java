// SPDX-License-Identifier: Apache-2.0
package io.zkflink.table.options;

import io.zkflink.row.payload.RecordBoundary;
import java.util.Map;

/** What the options of a format say about data that it decodes; the format itself reads them, too, and checks them. */
final class FormatOptions {

    private final String format;
    private final Map<String, String> raw;

    /**
     * @param raw the table's options as written
     */
    FormatOptions(String format, Map<String, String> raw) {
        this.format = format;
        this.raw = raw;
    }

    /** Whether the format gives no row for what it cannot decode, instead of an error. */
    boolean swallowErrors() {
        return isSet("ignore-parse-errors");
    }

    RecordBoundary boundary() {
        return switch (format) {
            case "json" -> new RecordBoundary.Json();
            case "csv" -> {
                Character quote = isSet("disable-quote-character") ? null : character("quote-character", '"');
                yield new RecordBoundary.Csv(
                        character("field-delimiter", ','),
                        quote,
                        character("escape-character", null),
                        isSet("allow-comments"));
            }
            default -> new RecordBoundary.Unknown();
        };
    }

    private boolean isSet(String option) {
        return Boolean.parseBoolean(raw.get(format + "." + option));
    }

    /** A character, which may be written as Java does it. */
    private Character character(String option, Character standard) {
        String text = raw.getOrDefault(format + "." + option, "");
        if (text.isEmpty()) {
            return standard;
        }
        if (text.startsWith("\\u") && text.length() == 6) {
            return (char) Integer.parseInt(text.substring(2), 16);
        }
        return text.translateEscapes().charAt(0);
    }
}
