// SPDX-License-Identifier: Apache-2.0
package io.zkflink.path;

import java.net.URLDecoder;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.util.Locale;

/** How a column's text becomes the name of a znode. */
public enum PathEncoding {
    /** The text is the name. */
    NONE {
        @Override
        String encode(String text) {
            return text;
        }

        @Override
        String decode(String name) {
            return name;
        }
    },
    /** The name is the percent-encoded text, as {@link URLEncoder} writes it and Dubbo's registry uses it. */
    URL {
        @Override
        String encode(String text) {
            // Half of a surrogate pair is no character: it would become a question mark's name. As it is it is no name.
            boolean isText = StandardCharsets.UTF_8.newEncoder().canEncode(text);
            return isText ? URLEncoder.encode(text, StandardCharsets.UTF_8) : text;
        }

        @Override
        String decode(String name) {
            try {
                String text = URLDecoder.decode(name, StandardCharsets.UTF_8);
                // Two names of one text would be two rows with one key, so only the canonical name counts.
                return encode(text).equals(name) ? text : null;
            } catch (IllegalArgumentException e) {
                return null;
            }
        }
    };

    abstract String encode(String text);

    /** As the option spells it. */
    @Override
    public String toString() {
        return name().toLowerCase(Locale.ROOT);
    }

    /** The text of a name, or null if no text is encoded like that. */
    abstract String decode(String name);
}
