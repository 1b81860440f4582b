// SPDX-License-Identifier: Apache-2.0
package io.zkflink.source.reader;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.zkflink.client.ZNode;
import io.zkflink.client.ZNodeStat;
import io.zkflink.source.enumerator.EnumeratorStateSerializer;
import io.zkflink.source.split.Buckets;
import io.zkflink.source.split.SubtreeSplit;
import io.zkflink.source.split.SubtreeSplitSerializer;
import io.zkflink.subtree.state.FeedEvent.Observation;
import io.zkflink.subtree.state.ZNodeState;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What is known survives a checkpoint, and a checkpoint costs what changed. */
class BucketStateTest {

    private static final SubtreeSplitSerializer SERIALIZER = SubtreeSplitSerializer.INSTANCE;

    @Test
    void whatIsKnownSurvives() throws IOException {
        for (boolean keepLast : new boolean[] {false, true}) {
            Random random = new Random(7);
            BucketState state = new BucketState(SubtreeSplit.fresh(5), keepLast);
            for (int round = 0; round < 200; round++) {
                for (int i = 0; i < 20; i++) {
                    observe(state, "/r/ü" + random.nextInt(300), random.nextInt(4) == 0 ? -1 : round * 100 + i);
                }
                SubtreeSplit saved =
                        SERIALIZER.deserialize(SERIALIZER.getVersion(), SERIALIZER.serialize(state.toSplit()));
                assertThat(described(new BucketState(saved, keepLast))).isEqualTo(described(state));
            }
        }
    }

    @Test
    void aCheckpointEncodesOnlyWhatChanged() {
        BucketState state = new BucketState(SubtreeSplit.fresh(0), false);
        for (int i = 0; i < 10_000; i++) {
            observe(state, "/r/" + i, 1);
        }
        List<byte[]> first = state.toSplit().known();
        observe(state, "/r/17", 2);
        observe(state, "/r/18", -1);
        List<byte[]> second = state.toSplit().known();
        assertThat(second).hasSize(first.size() + 1);
        assertThat(second.get(0)).isSameAs(first.get(0));
        assertThat(second.get(first.size()).length).isLessThan(100);
        assertThat(state.toSplit().known()).hasSize(second.size());
    }

    @Test
    void hiddenZNodesAndZxidsSurvive() throws IOException {
        BucketState state = new BucketState(SubtreeSplit.fresh(3), false);
        state.reconciler().observe(observation("/r/a", 1));
        state.reconciler().known().get("/r/a").hide();
        state.startAt(17);
        state.includes(0x1_0000_0002L);
        SubtreeSplit saved = SERIALIZER.deserialize(SERIALIZER.getVersion(), SERIALIZER.serialize(state.toSplit()));
        assertThat(saved.bucket()).isEqualTo(3);
        assertThat(saved.baseZxid()).isEqualTo(17);
        assertThat(saved.newestZxid()).isEqualTo(0x1_0000_0002L);
        assertThat(new BucketState(saved, false)
                        .reconciler()
                        .known()
                        .get("/r/a")
                        .hidden())
                .isTrue();
    }

    /**
     * State that earlier formats wrote. It must be readable for ever; a change of the format adds a file, and keeps
     * these. The newest one is written by {@code -Dstate.write=true}.
     */
    @ParameterizedTest
    @ValueSource(ints = {1, 2, 3})
    void stateOfEachVersionIsReadForEver(int version) throws IOException {
        BucketState state = new BucketState(SubtreeSplit.fresh(42), true);
        observe(state, "/flags/cart/new-ui", 0x17);
        observe(state, "/flags/cart/ü", 0x18);
        state.reconciler().known().get("/flags/cart/ü").hide();
        observe(state, "/flags/search/gone", 0x19);
        state.toSplit();
        observe(state, "/flags/search/gone", -1);
        observe(state, "/flags/cart/new-ui", 0x20);
        state.startAt(0x10);
        state.includes(0x1_0000_0021L);
        Path file = Path.of("src/test/resources/state/splits-" + version + ".bin");
        if (version == SERIALIZER.getVersion() && Boolean.getBoolean("state.write")) {
            Files.write(file, EnumeratorStateSerializer.INSTANCE.serialize(List.of(state.toSplit())));
        }
        SubtreeSplit saved = EnumeratorStateSerializer.INSTANCE
                .deserialize(version, Files.readAllBytes(file))
                .get(0);
        assertThat(saved.bucket()).isEqualTo(42);
        assertThat(saved.newestZxid()).isEqualTo(0x1_0000_0021L);
        assertThat(saved.baseZxid()).isEqualTo(0x10);
        assertThat(described(new BucketState(saved, true))).isEqualTo(described(state));
    }

    @Test
    void anUnknownVersionIsRefused() {
        assertThatThrownBy(() -> SERIALIZER.deserialize(9, new byte[0]))
                .isInstanceOf(IOException.class)
                .hasMessageContaining("version 9")
                .hasMessageContaining("newer");
    }

    @Test
    void everyPathHasABucketForEver() {
        assertThat(new int[] {Buckets.of("/a"), Buckets.of("/flags/cart/new-ui"), Buckets.of("/ü")})
                .containsExactly(98, 105, 59);
    }

    private static void observe(BucketState state, String path, int mzxid) {
        state.reconciler()
                .observe(mzxid < 0 ? new Observation(path, Optional.empty(), 1, 0, 0) : observation(path, mzxid));
    }

    private static Observation observation(String path, int mzxid) {
        byte[] data = ("data " + mzxid).getBytes(StandardCharsets.UTF_8);
        ZNodeStat stat = new ZNodeStat(1, mzxid, 2, 3, 4, 5, 6, 7L << 60, data.length, 8, 9);
        return new Observation(path, Optional.of(new ZNode(path, data, stat)), 1, 0, 0);
    }

    private static Map<String, String> described(BucketState state) {
        Map<String, String> result = new TreeMap<>();
        state.reconciler().known().forEach((path, known) -> result.put(path, describe(known)));
        return result;
    }

    private static String describe(ZNodeState known) {
        return (known.hidden() ? "hidden " : "") + known.czxid() + " " + known.mzxid() + " " + known.mtime() + " "
                + known.last()
                        .map(znode -> znode.stat() + new String(znode.data(), StandardCharsets.UTF_8))
                        .orElse("");
    }
}
