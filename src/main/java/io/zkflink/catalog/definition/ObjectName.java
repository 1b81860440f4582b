// SPDX-License-Identifier: Apache-2.0
package io.zkflink.catalog.definition;

import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import org.apache.flink.annotation.Internal;

/**
 * The znode name of an identifier of SQL, which may hold any character. ASCII letters, digits, hyphens and underscores
 * stand for themselves; all others are percent-encoded as UTF-8, half of a surrogate pair as {@code %u} and four
 * digits.
 */
@Internal
public final class ObjectName {

    private ObjectName() {}

    public static String encode(String identifier) {
        StringBuilder name = new StringBuilder();
        for (int i = 0; i < identifier.length(); i++) {
            char c = identifier.charAt(i);
            if (isPlain(c)) {
                name.append(c);
            } else if (Character.isHighSurrogate(c)
                    && i + 1 < identifier.length()
                    && Character.isLowSurrogate(identifier.charAt(i + 1))) {
                escape(name, identifier.substring(i, i + 2));
                i++;
            } else if (Character.isSurrogate(c)) {
                name.append(String.format("%%u%04X", (int) c));
            } else {
                escape(name, String.valueOf(c));
            }
        }
        return name.toString();
    }

    private static boolean isPlain(char c) {
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' || c == '-';
    }

    private static void escape(StringBuilder name, String character) {
        for (byte b : character.getBytes(StandardCharsets.UTF_8)) {
            name.append(String.format("%%%02X", b & 0xff));
        }
    }

    /** The identifier, or null if no identifier has this name. */
    public static String decode(String name) {
        StringBuilder identifier = new StringBuilder();
        try {
            for (int i = 0; i < name.length(); ) {
                if (name.startsWith("%u", i)) {
                    identifier.append((char) Integer.parseInt(name, i + 2, i + 6, 16));
                    i += 6;
                } else if (name.charAt(i) == '%') {
                    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
                    for (; i < name.length() && name.charAt(i) == '%' && !name.startsWith("%u", i); i += 3) {
                        bytes.write(Integer.parseInt(name, i + 1, i + 3, 16));
                    }
                    identifier.append(bytes.toString(StandardCharsets.UTF_8));
                } else {
                    identifier.append(name.charAt(i++));
                }
            }
        } catch (IndexOutOfBoundsException | NumberFormatException e) {
            return null;
        }
        // Somebody else's znode may have another name for the same identifier, which would then be there twice.
        String decoded = identifier.toString();
        return encode(decoded).equals(name) ? decoded : null;
    }
}
