// SPDX-License-Identifier: Apache-2.0
package io.zkflink.sink.transaction;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.zkflink.client.CreateMode;
import io.zkflink.row.RowWrite;
import io.zkflink.testkit.Nasty;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Set;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Combinators;
import net.jqwik.api.Example;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;

/** A transaction is read as it was written, and what is none is refused, at no price. */
class TransactionSerializerPropertiesTest {

    private static final String DAMAGED =
            "The state of this zookeeper sink (a transaction) is damaged: its bytes are not those that were written."
                    + " Restore another checkpoint or savepoint, or start without state.";

    @Provide
    Arbitrary<Transaction> transactions() {
        Arbitrary<RowWrite> puts = Combinators.combine(
                        Nasty.texts(), Arbitraries.integers().injectNull(0.3), Arbitraries.of(CreateMode.values()))
                .as((text, version, mode) -> new RowWrite.Put(
                        "/" + text,
                        text.isEmpty() ? null : text.getBytes(StandardCharsets.UTF_8),
                        text.length() % 2 == 0,
                        version,
                        mode,
                        text.length()));
        Arbitrary<RowWrite> removals = Nasty.texts().map(text -> new RowWrite.Remove("/" + text));
        return Combinators.combine(
                        Nasty.texts(),
                        Arbitraries.longs(),
                        Arbitraries.oneOf(puts, removals).list().ofMaxSize(5))
                .as((marker, number, rows) -> new Transaction(
                        marker,
                        number,
                        number / 2,
                        rows,
                        new Transaction.Removals(
                                true,
                                number / 3,
                                Set.of(marker),
                                Map.of(marker, new Transaction.Origin(marker, number / 5)))));
    }

    @Property
    void aTransactionIsReadAsItWasWritten(@ForAll("transactions") Transaction transaction) throws IOException {
        byte[] once = write(transaction);
        Transaction read = TransactionSerializer.INSTANCE.deserialize(3, once);
        assertThat(write(read)).isEqualTo(once);
        assertThat(read.number()).isEqualTo(transaction.number());
        assertThat(read.predecessor()).isEqualTo(transaction.predecessor());
        assertThat(read.rows()).hasSameSizeAs(transaction.rows());
    }

    /** What version 1 writes, byte for byte: later versions must read it. */
    @Example
    void theFormatOfVersion1IsKept() throws IOException {
        Transaction transaction = new Transaction(
                "/m",
                7,
                List.of(
                        new RowWrite.Put("/a", new byte[] {1}, true, 3, CreateMode.PERSISTENT, 0),
                        new RowWrite.Remove("/b")));
        byte[] version1 = HexFormat.of()
                .parseHex("000000022f6d" + "0000000000000007" + "00000002"
                        + "000000022f61" + "01" + "0000000101" + "01" + "01" + "00000003"
                        + "000a70657273697374656e74" + "0000000000000000"
                        + "000000022f62" + "00");

        assertThat(TransactionSerializer.INSTANCE.deserialize(1, version1))
                .usingRecursiveComparison()
                .isEqualTo(transaction);
    }

    /** What version 2 writes: it knew no time. */
    @Example
    void theFormatOfVersion2IsKept() throws IOException {
        byte[] version2 = HexFormat.of()
                .parseHex("000000022f6d" + "0000000000000007" + "00000001" + "000000022f62" + "00"
                        + "01" + "0000000000000005" + "00000001" + "000000022f62"
                        + "00000001" + "000000022f62" + "000000022f6e" + "0000000000000003");

        assertThat(TransactionSerializer.INSTANCE.deserialize(2, version2))
                .isEqualTo(new Transaction(
                        "/m",
                        7,
                        Transaction.UNKNOWN,
                        List.of(new RowWrite.Remove("/b")),
                        new Transaction.Removals(
                                true, 5, Set.of("/b"), Map.of("/b", new Transaction.Origin("/n", 3)))));
    }

    @Provide
    Arbitrary<byte[]> garbage() {
        return Nasty.bytes(transactions().map(TransactionSerializerPropertiesTest::write));
    }

    @Property
    void aDamagedTransactionIsRefused(@ForAll("garbage") byte[] garbage) {
        try {
            TransactionSerializer.INSTANCE.deserialize(3, garbage);
        } catch (IOException e) {
            assertThat(e.getMessage()).isNotBlank();
        }
    }

    /** Once an attempt to allocate all of it. */
    @Example
    void aLengthBeyondTheEnd() {
        for (byte first : new byte[] {Byte.MAX_VALUE, Byte.MIN_VALUE, -1}) {
            byte[] garbage = {first, -1, -1, -1, 0};
            assertThatThrownBy(() -> TransactionSerializer.INSTANCE.deserialize(1, garbage))
                    .isInstanceOf(IOException.class)
                    .hasMessage(DAMAGED);
        }
    }

    private static byte[] write(Transaction transaction) {
        try {
            return TransactionSerializer.INSTANCE.serialize(transaction);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
