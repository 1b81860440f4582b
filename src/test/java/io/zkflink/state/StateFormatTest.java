// SPDX-License-Identifier: Apache-2.0
package io.zkflink.state;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import org.apache.flink.core.memory.DataInputDeserializer;
import org.apache.flink.core.memory.DataOutputSerializer;
import org.junit.jupiter.api.Test;

/** What all state formats have in common: what is no state is refused, at one place, by one message. */
class StateFormatTest {

    private static final String DAMAGED = "The state of a name is damaged: its bytes are not those that were written."
            + " Restore another checkpoint or savepoint, or start without state.";

    private final Names format = new Names();

    /** Version 2 has a second name. */
    private static final class Names extends StateFormat<String> {
        Names() {
            super("a name", 2);
        }

        @Override
        protected void write(String name, DataOutputSerializer out) throws IOException {
            writeText(out, name);
            out.writeUTF("second");
        }

        @Override
        protected String read(int writtenBy, DataInputDeserializer in) throws IOException {
            String name = readName(in);
            return writtenBy == 1 ? name : name + " " + in.readUTF();
        }
    }

    @Test
    void olderVersionsAreRead() throws Exception {
        byte[] current = format.serialize("first");
        assertThat(format.deserialize(2, current)).isEqualTo("first second");
        assertThat(format.deserialize(1, Arrays.copyOf(current, 9))).isEqualTo("first");
        assertThat(format.unframe(format.frame("first"))).isEqualTo("first second");
        assertThat(format.frame("first")[0]).isEqualTo((byte) 2);
    }

    @Test
    void otherVersionsAreRefused() throws Exception {
        byte[] newer = format.frame("first");
        newer[0] = 3;
        String message = "The state of a name has version 3, and this version of the connector reads versions 1 to 2."
                + " Restore it with the version of the connector that wrote it, or with a newer one.";
        assertThatThrownBy(() -> format.unframe(newer))
                .isInstanceOf(IOException.class)
                .hasMessage(message);
        assertThatThrownBy(() -> format.deserialize(3, new byte[0])).hasMessage(message);
        for (int none : new int[] {0, -1}) {
            assertThatThrownBy(() -> format.deserialize(none, new byte[0]))
                    .hasMessageContaining("has version " + none + ", and this version of the connector reads");
        }
    }

    @Test
    void whatIsCutOffOrTooLongIsRefused() throws Exception {
        byte[] whole = format.serialize("first");
        for (int length = 0; length < whole.length; length++) {
            byte[] cut = Arrays.copyOf(whole, length);
            assertThatThrownBy(() -> format.deserialize(2, cut))
                    .isInstanceOf(IOException.class)
                    .hasMessage(DAMAGED);
        }
        byte[] longer = Arrays.copyOf(whole, whole.length + 1);
        assertThatThrownBy(() -> format.deserialize(2, longer)).hasMessage(DAMAGED);
        assertThatThrownBy(() -> format.unframe(new byte[0])).hasMessage(DAMAGED);
    }

    @Test
    void whatMakesNoSenseIsRefused() throws Exception {
        byte[] endless = {Byte.MAX_VALUE, -1, -1, -1, 0};
        byte[] negative = {Byte.MIN_VALUE, 0, 0, 0, 0};
        byte[] none = {-1, -1, -1, -1, 0};
        byte[] noText = format.serialize("first");
        noText[11] = (byte) 0xff;
        for (byte[] garbage : new byte[][] {endless, negative, none, noText}) {
            assertThatThrownBy(() -> format.deserialize(2, garbage))
                    .as(new String(garbage, StandardCharsets.ISO_8859_1))
                    .isInstanceOf(IOException.class)
                    .hasMessage(DAMAGED);
        }
    }
}
