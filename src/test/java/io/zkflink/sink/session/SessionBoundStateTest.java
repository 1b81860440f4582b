// SPDX-License-Identifier: Apache-2.0
package io.zkflink.sink.session;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.zkflink.client.SessionIdentity;
import io.zkflink.client.settings.Secret;
import java.io.IOException;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;

/** What checkpoints keep of writers that own a session. */
class SessionBoundStateTest {

    private static final SessionBoundState STATE = new SessionBoundState(
            Optional.of(new SessionIdentity(0x1234, new Secret("hush"))),
            List.of(
                    new SessionBoundState.Row(
                            new SessionBoundRow.Id("/t/" + "x".repeat(70_000), null), new byte[] {1, 2}),
                    new SessionBoundState.Row(new SessionBoundRow.Id("/locks/a", "ä"), null)));

    @Test
    void checkpointsKeepEverything() throws Exception {
        SessionBoundState restored = SessionBoundState.of(STATE.entries());

        assertThat(restored).usingRecursiveComparison().isEqualTo(STATE);
        assertThat(SessionBoundState.of(SessionBoundState.NONE.entries())).isEqualTo(SessionBoundState.NONE);
    }

    /** What version 1 writes, byte for byte: later versions must read it. */
    @Test
    void theFormatOfVersion1IsKept() throws Exception {
        SessionBoundState state = new SessionBoundState(
                STATE.session(),
                List.of(new SessionBoundState.Row(new SessionBoundRow.Id("/a", "b"), new byte[] {1, 2})));
        HexFormat hex = HexFormat.of();
        List<byte[]> version1 = List.of(
                hex.parseHex("0100" + "0000000000001234" + "0000000468757368"),
                hex.parseHex("0101" + "000000022f61" + "0000000162" + "000000020102"));

        assertThat(state.entries()).containsExactlyElementsOf(version1);
        assertThat(SessionBoundState.of(version1)).usingRecursiveComparison().isEqualTo(state);
    }

    @Test
    void damagedStateIsRefused() throws Exception {
        for (byte[] entry : STATE.entries()) {
            byte[] cut = Arrays.copyOf(entry, entry.length - 1);
            assertThatThrownBy(() -> SessionBoundState.of(List.of(cut)))
                    .isInstanceOf(IOException.class)
                    .hasMessage(
                            "The state of this zookeeper sink (rows of its session) is damaged: its bytes are not those that"
                                    + " were written. Restore another checkpoint or savepoint, or start without state.");
        }
        byte[] newer = STATE.entries().get(0);
        newer[0] = 9;
        assertThatThrownBy(() -> SessionBoundState.of(List.of(newer)))
                .hasMessage(
                        "The state of this zookeeper sink (rows of its session) has version 9, and this version of the"
                                + " connector reads version 1. Restore it with the version of the connector that wrote it,"
                                + " or with a newer one.");
    }
}
