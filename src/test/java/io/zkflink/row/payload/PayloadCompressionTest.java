// SPDX-License-Identifier: Apache-2.0
package io.zkflink.row.payload;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.zip.Deflater;
import java.util.zip.DeflaterOutputStream;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

class PayloadCompressionTest {

    private static final int LIMIT = 100_000;

    @Property(tries = 200)
    void whatIsCompressedIsReadBackByItsNameAndByItsFirstBytes(@ForAll byte[] data) throws IOException {
        for (PayloadCompression each :
                new PayloadCompression[] {PayloadCompression.NONE, PayloadCompression.GZIP, PayloadCompression.ZLIB}) {
            byte[] compressed = each.deflate(data);
            if (data.length == 0) {
                assertThat(compressed).isSameAs(data);
            } else {
                assertThat(each.inflate(compressed, LIMIT)).isEqualTo(data);
                if (each != PayloadCompression.NONE) {
                    assertThat(PayloadCompression.AUTO.inflate(compressed, LIMIT))
                            .isEqualTo(data);
                }
            }
        }
        assertThat(PayloadCompression.GZIP.deflate(null)).isNull();
    }

    @ParameterizedTest
    @ValueSource(ints = {0, 1, 2, 5, 6, 9})
    void zlibOfAnyLevel(int level) throws IOException {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        try (DeflaterOutputStream out = new DeflaterOutputStream(bytes, new Deflater(level))) {
            out.write(utf8("{\"a\":1}"));
        }
        assertThat(PayloadCompression.AUTO.inflate(bytes.toByteArray(), LIMIT)).isEqualTo(utf8("{\"a\":1}"));
    }

    @ParameterizedTest
    @ValueSource(strings = {"{\"a\":1}", "x", "x^2 + y^2", "x^", "1,2", "\u001f"})
    void whatIsNotCompressedIsReadAsItIs(String text) throws IOException {
        assertThat(PayloadCompression.AUTO.inflate(utf8(text), LIMIT)).isEqualTo(utf8(text));
    }

    @ParameterizedTest
    @EnumSource(names = {"GZIP", "ZLIB"})
    void aBombIsRefused(PayloadCompression compression) {
        byte[] bomb = compression.deflate(new byte[LIMIT + 1]);
        assertThat(bomb).hasSizeLessThan(1_000);
        for (PayloadCompression reader : new PayloadCompression[] {compression, PayloadCompression.AUTO}) {
            assertThatThrownBy(() -> reader.inflate(bomb, LIMIT))
                    .hasMessage("inflated by " + compression
                            + " it is larger than the 'payload.max-inflated-size' of 100000 bytes");
        }
    }

    @ParameterizedTest
    @EnumSource(names = {"GZIP", "ZLIB"})
    void damageIsTold(PayloadCompression compression) {
        byte[] data = compression.deflate(utf8("{\"a\":1}"));
        byte[] cut = Arrays.copyOf(data, data.length - 5);
        assertThatThrownBy(() -> compression.inflate(cut, LIMIT))
                .isInstanceOf(IOException.class)
                .hasMessageContaining("its end is missing");
        byte[] wrong = data.clone();
        wrong[wrong.length - 6] ^= 1;
        assertThatThrownBy(() -> compression.inflate(wrong, LIMIT)).isInstanceOf(IOException.class);
        assertThatThrownBy(() -> compression.inflate(utf8("{\"a\":1}"), LIMIT))
                .hasMessage("it is not compressed by " + compression + ", or is damaged");
    }

    private static byte[] utf8(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }
}
