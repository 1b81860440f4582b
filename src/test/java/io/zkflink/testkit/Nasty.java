// SPDX-License-Identifier: Apache-2.0
package io.zkflink.testkit;

import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;

/** What properties are tried with. */
public final class Nasty {

    private Nasty() {}

    /** Texts that are hard on paths and parsers, among ordinary ones. */
    public static Arbitrary<String> texts() {
        return Arbitraries.oneOf(
                Arbitraries.strings().alpha().numeric().ofMinLength(1).ofMaxLength(6),
                Arbitraries.strings().all().ofMaxLength(12),
                Arbitraries.strings()
                        .withChars("/.%{}*+:,-_ \u0000\u001f\u007f\u00e9\ud83d\ude00\ufffd")
                        .ofMaxLength(8),
                Arbitraries.of(
                        "",
                        ".",
                        "..",
                        "/",
                        "//",
                        "a/b",
                        "../x",
                        "%2F",
                        "%2f",
                        "%",
                        "+",
                        " ",
                        "null",
                        "zookeeper",
                        "zookeeper/quota",
                        "\ud83d\ude00",
                        "\ud83d",
                        "\ude00x",
                        "\u0000",
                        "x".repeat(10_000)));
    }

    /** Bytes that are none of anything, or nearly something. */
    public static Arbitrary<byte[]> bytes(Arbitrary<byte[]> valid) {
        return Arbitraries.oneOf(
                Arbitraries.bytes().array(byte[].class).ofMaxSize(60),
                valid,
                valid.flatMap(whole -> Arbitraries.integers()
                        .between(0, Math.max(0, whole.length - 1))
                        .flatMap(at -> Arbitraries.bytes().map(changed -> {
                            byte[] damaged = whole.clone();
                            if (damaged.length > 0) {
                                damaged[at] = changed;
                            }
                            return damaged;
                        }))),
                valid.flatMap(whole -> Arbitraries.integers()
                        .between(0, whole.length)
                        .map(length -> java.util.Arrays.copyOf(whole, length))));
    }
}
