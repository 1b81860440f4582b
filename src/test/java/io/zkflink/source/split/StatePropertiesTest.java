// SPDX-License-Identifier: Apache-2.0
package io.zkflink.source.split;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.zkflink.client.ZNode;
import io.zkflink.client.ZNodeStat;
import io.zkflink.source.enumerator.EnumeratorStateSerializer;
import io.zkflink.subtree.state.Reconciler;
import io.zkflink.subtree.state.ZNodeState;
import io.zkflink.testkit.Nasty;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import java.util.stream.Collectors;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Combinators;
import net.jqwik.api.Example;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;

/** State is read as it was written, and what is no state is refused, at no price. */
class StatePropertiesTest {

    private static final String DAMAGED =
            "The state of this zookeeper source is damaged: its bytes are not those that were written."
                    + " Restore another checkpoint or savepoint, or start without state.";

    @Provide
    Arbitrary<Map<String, ZNodeState>> trees() {
        // Half of a surrogate pair is in no path of ZooKeeper's, and UTF-8 makes the same of each.
        Arbitrary<String> paths =
                Nasty.texts().filter(UTF_8.newEncoder()::canEncode).map(name -> "/" + name);
        return Combinators.combine(Arbitraries.longs(), paths, Arbitraries.of(true, false))
                .as(StatePropertiesTest::known)
                .list()
                .ofMaxSize(6)
                .uniqueElements(ZNodeState::path)
                .map(all -> all.stream().collect(Collectors.toMap(ZNodeState::path, Function.identity())));
    }

    private static ZNodeState known(long number, String path, boolean flag) {
        ZNodeStat stat = new ZNodeStat(
                number, ~number, number, ~number, (int) number, 1, 2, number, (int) number, 3, Long.MAX_VALUE);
        ZNode znode = new ZNode(path, path.getBytes(UTF_8), stat);
        ZNodeState known = ZNodeState.of(znode, flag);
        if (number % 2 == 0) {
            known.hide();
        }
        known.grant(number % 3 == 0);
        return known;
    }

    private static byte[] block(Map<String, ZNodeState> tree) {
        return tree.isEmpty()
                ? new byte[Integer.BYTES]
                : ZNodeStateCodec.encode(tree.keySet(), tree, Map.of()).get(0);
    }

    @Property
    void whatIsKnownIsReadAsItWasWritten(@ForAll("trees") Map<String, ZNodeState> tree) {
        Reconciler read = new Reconciler(true);
        assertThat(ZNodeStateCodec.decode(block(tree), read)).isEqualTo(tree.size());
        Reconciler again = new Reconciler(true);
        ZNodeStateCodec.encode(read).forEach(block -> ZNodeStateCodec.decode(block, again));
        assertThat(again.known().keySet()).isEqualTo(read.known().keySet());
        tree.forEach((path, known) -> {
            ZNodeState found = read.known().get(path);
            assertThat(found.czxid()).isEqualTo(known.czxid());
            assertThat(found.mzxid()).isEqualTo(known.mzxid());
            assertThat(found.mtime()).isEqualTo(known.mtime());
            assertThat(found.version()).isEqualTo(known.version());
            assertThat(found.hidden()).isEqualTo(known.hidden());
            assertThat(found.granted()).isEqualTo(known.granted());
            assertThat(found.last().map(ZNode::data))
                    .usingRecursiveComparison()
                    .isEqualTo(known.last().map(ZNode::data));
            assertThat(found.last().map(ZNode::stat)).isEqualTo(known.last().map(ZNode::stat));
        });
    }

    @Provide
    Arbitrary<byte[]> blocks() {
        return Nasty.bytes(trees().map(StatePropertiesTest::block));
    }

    @Property
    void aDamagedBlockIsRefused(@ForAll("blocks") byte[] block) {
        try {
            ZNodeStateCodec.decode(block, new Reconciler(true));
        } catch (UncheckedIOException e) {
            assertThat(e.getCause()).hasMessage(DAMAGED);
        }
    }

    @Provide
    Arbitrary<byte[]> splits() {
        return Nasty.bytes(trees().map(tree -> {
            try {
                return SubtreeSplitSerializer.INSTANCE.serialize(
                        new SubtreeSplit(3, 4, 5, List.of(block(tree), new byte[0])));
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }));
    }

    @Property
    void aDamagedSplitIsRefused(@ForAll("splits") byte[] split) throws IOException {
        SubtreeSplit read;
        try {
            read = SubtreeSplitSerializer.INSTANCE.deserialize(1, split);
        } catch (IOException e) {
            assertThat(e).hasMessage(DAMAGED);
            return;
        }
        assertThat(SubtreeSplitSerializer.INSTANCE.serialize(read)).hasSizeLessThanOrEqualTo(split.length);
    }

    @Property
    void aDamagedEnumeratorIsRefused(@ForAll("splits") byte[] split) throws IOException {
        byte[] state = EnumeratorStateSerializer.INSTANCE.serialize(List.of(SubtreeSplit.fresh(1)));
        System.arraycopy(split, 0, state, 0, Math.min(split.length, state.length));
        try {
            EnumeratorStateSerializer.INSTANCE.deserialize(1, state);
        } catch (IOException e) {
            assertThat(e).hasMessage(DAMAGED);
        }
    }

    /** Once an attempt to allocate all of it. */
    @Example
    void aLengthBeyondTheEnd() {
        byte[] state = new byte[28];
        state[23] = 1;
        state[24] = Byte.MAX_VALUE;
        assertThatThrownBy(() -> SubtreeSplitSerializer.INSTANCE.deserialize(1, state))
                .isInstanceOf(IOException.class)
                .hasMessage(DAMAGED);
        state[24] = Byte.MIN_VALUE;
        assertThatThrownBy(() -> SubtreeSplitSerializer.INSTANCE.deserialize(1, state))
                .isInstanceOf(IOException.class)
                .hasMessage(DAMAGED);
    }
}
