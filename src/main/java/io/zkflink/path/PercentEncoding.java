// SPDX-License-Identifier: Apache-2.0
package io.zkflink.path;

import java.io.Serializable;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.List;

/**
 * One library's way of percent-encoding a text.
 *
 * @param safe what it leaves as it is, beyond letters and digits of ASCII
 * @param plus whether it writes a blank as {@code +}, else as {@code %20}
 * @param lower whether it writes hexadecimal digits in lower case
 */
record PercentEncoding(String safe, boolean plus, boolean lower) implements Serializable {

    /** Java's way first, which is the one that names are given in. */
    static final List<PercentEncoding> OF_LIBRARIES = List.of(
            // Java's URLEncoder.
            new PercentEncoding("-_.*", true, false),
            // Kafka, and RFC 3986 where no tilde is among it.
            new PercentEncoding("-_.", false, false),
            // JavaScript's encodeURIComponent.
            new PercentEncoding("-_.!~*'()", false, false),
            // RFC 3986, Python's quote, PHP's rawurlencode.
            new PercentEncoding("-_.~", false, false),
            // Go's url.QueryEscape, Python's quote_plus.
            new PercentEncoding("-_.~", true, false),
            // Go's url.PathEscape.
            new PercentEncoding("-_.~$&+:=@", false, false),
            // PHP's urlencode.
            new PercentEncoding("-_.", true, false),
            // .NET's HttpUtility.UrlEncode.
            new PercentEncoding("-_.!*()", true, true));

    /** Those that leave no {@code +} for a blank, RFC 3986 first. */
    static final List<PercentEncoding> OF_URIS = List.of(
            new PercentEncoding("-_.~", false, false),
            new PercentEncoding("-_.", false, false),
            new PercentEncoding("-_.!~*'()", false, false),
            new PercentEncoding("-_.~$&+:=@", false, false));

    private static final String UPPER = "0123456789ABCDEF";
    private static final String LOWER = "0123456789abcdef";

    /** Encodes a text; half of a surrogate pair is no character, and what has one stays as it is and is no name. */
    String encode(String text) {
        if (isPlain(text) || !StandardCharsets.UTF_8.newEncoder().canEncode(text)) {
            return text;
        }
        StringBuilder name = new StringBuilder();
        for (byte each : text.getBytes(StandardCharsets.UTF_8)) {
            char c = (char) (each & 0xff);
            if (isAlphanumeric(c) || safe.indexOf(c) >= 0) {
                name.append(c);
            } else if (c == ' ' && plus) {
                name.append('+');
            } else {
                String digits = lower ? LOWER : UPPER;
                name.append('%').append(digits.charAt(c >> 4)).append(digits.charAt(c & 15));
            }
        }
        return name.toString();
    }

    /** Whether a text is its own name in every way. */
    private static boolean isPlain(String text) {
        for (int i = 0; i < text.length(); i++) {
            char c = text.charAt(i);
            if (!isAlphanumeric(c) && c != '-' && c != '_' && c != '.') {
                return false;
            }
        }
        return true;
    }

    private static boolean isAlphanumeric(char c) {
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
    }

    /**
     * The text that a name means, whoever encoded it; null if it is not validly encoded.
     *
     * @param isPlusABlank whether a {@code +} means a blank, or itself
     */
    static String decode(String name, boolean isPlusABlank) {
        if (name.indexOf('%') < 0) {
            return isPlusABlank ? name.replace('+', ' ') : name;
        }
        byte[] encoded = name.getBytes(StandardCharsets.UTF_8);
        ByteBuffer bytes = ByteBuffer.allocate(encoded.length);
        for (int i = 0; i < encoded.length; i++) {
            if (encoded[i] == '%') {
                int value = i + 2 < encoded.length ? hex(encoded[i + 1]) * 16 + hex(encoded[i + 2]) : -1;
                if (value < 0) {
                    return null;
                }
                bytes.put((byte) value);
                i += 2;
            } else {
                bytes.put(isPlusABlank && encoded[i] == '+' ? (byte) ' ' : encoded[i]);
            }
        }
        try {
            return StandardCharsets.UTF_8.newDecoder().decode(bytes.flip()).toString();
        } catch (CharacterCodingException e) {
            return null;
        }
    }

    /** The value of a digit; so far below zero that no other digit makes up for it where it is none. */
    private static int hex(byte digit) {
        int value = Character.digit(digit, 16);
        return value < 0 ? -1_000 : value;
    }
}
