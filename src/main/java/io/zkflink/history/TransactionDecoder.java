// SPDX-License-Identifier: Apache-2.0
package io.zkflink.history;

import java.io.ByteArrayInputStream;
import java.io.DataInputStream;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Collectors;
import org.apache.flink.annotation.Internal;
import org.apache.jute.BinaryInputArchive;
import org.apache.jute.InputArchive;
import org.apache.jute.Record;
import org.apache.zookeeper.ZKUtil;
import org.apache.zookeeper.ZooDefs.OpCode;
import org.apache.zookeeper.data.ACL;
import org.apache.zookeeper.server.TxnLogEntry;
import org.apache.zookeeper.server.util.SerializeUtils;
import org.apache.zookeeper.txn.CloseSessionTxn;
import org.apache.zookeeper.txn.CreateContainerTxn;
import org.apache.zookeeper.txn.CreateTTLTxn;
import org.apache.zookeeper.txn.CreateTxn;
import org.apache.zookeeper.txn.DeleteTxn;
import org.apache.zookeeper.txn.MultiTxn;
import org.apache.zookeeper.txn.SetACLTxn;
import org.apache.zookeeper.txn.SetDataTxn;
import org.apache.zookeeper.txn.Txn;
import org.apache.zookeeper.txn.TxnHeader;

/**
 * Decodes records of transaction logs by ZooKeeper's own classes.
 *
 * <p>Servers before 3.6 do not log which ephemeral znodes go with a session, so those are tracked. Used by one thread,
 * which must give all records in their order.
 */
@Internal
public final class TransactionDecoder {

    private final EphemeralZNodes ephemerals;

    /**
     * @param ephemerals those that are there before the first record
     */
    TransactionDecoder(EphemeralZNodes ephemerals) {
        this.ephemerals = ephemerals;
    }

    /** The transaction of a record; without operations if it changed no znode. */
    public Transaction decode(LogRecord record) throws IOException {
        try {
            TxnLogEntry entry = entry(record.bytes());
            TxnHeader header = entry.getHeader();
            List<Operation> operations = new ArrayList<>(1);
            add(header.getType(), entry.getTxn(), header, 0, operations);
            for (Operation operation : operations) {
                ephemerals.apply(operation);
            }
            return new Transaction(header.getZxid(), header.getClientId(), header.getTime(), record.file(), operations);
        } catch (MissingEphemeralsException e) {
            throw e;
        } catch (IOException | RuntimeException e) {
            throw new DamagedFileException(
                    record.file(), record.offset(), "the transaction cannot be decoded (" + e.getMessage() + ")", e);
        }
    }

    private static TxnLogEntry entry(byte[] bytes) throws IOException {
        if (bytes.length <= BinaryInputArchive.maxBuffer) {
            return SerializeUtils.deserializeTxn(bytes);
        }
        // Longer fields than this JVM's jute.maxbuffer, which is common to all that runs in it, are refused there.
        InputArchive archive = archive(bytes);
        TxnHeader header = new TxnHeader();
        header.deserialize(archive, "hdr");
        Record txn = header.getType() == OpCode.multi
                ? new MultiTxn()
                : header.getType() == OpCode.closeSession ? new CloseSessionTxn() : record(header.getType());
        if (txn != null) {
            txn.deserialize(archive, "txn");
        }
        return new TxnLogEntry(txn, header, null);
    }

    private static InputArchive archive(byte[] bytes) {
        return new BinaryInputArchive(new DataInputStream(new ByteArrayInputStream(bytes)), bytes.length, 0);
    }

    /** Passes a record over, which may have to be known for what follows. */
    public void skip(LogRecord record) throws IOException {
        if (ephemerals.isTracking()) {
            decode(record);
        }
    }

    private void add(int type, Record txn, TxnHeader header, int ordinal, List<Operation> to) throws IOException {
        switch (type) {
            case OpCode.create, OpCode.create2 -> to.add(created(ordinal, (CreateTxn) txn, header.getClientId()));
            case OpCode.createTTL -> to.add(created(ordinal, (CreateTTLTxn) txn));
            case OpCode.createContainer -> to.add(created(ordinal, (CreateContainerTxn) txn));
            case OpCode.delete, OpCode.deleteContainer ->
                to.add(Operation.deleted(ordinal, ((DeleteTxn) txn).getPath()));
            case OpCode.setData, OpCode.reconfig -> {
                SetDataTxn set = (SetDataTxn) txn;
                to.add(Operation.set(ordinal, set.getPath(), set.getData(), set.getVersion()));
            }
            case OpCode.setACL -> {
                SetACLTxn set = (SetACLTxn) txn;
                to.add(Operation.setAcl(ordinal, set.getPath(), text(set.getAcl()), set.getVersion()));
            }
            case OpCode.closeSession -> {
                addClosed((CloseSessionTxn) txn, header, to);
                ephemerals.end(header.getClientId());
            }
            case OpCode.multi -> addAll((MultiTxn) txn, header, to);
            case OpCode.createSession -> ephemerals.begin(header.getClientId());
            case OpCode.error, OpCode.check -> {
                // Changes no znode.
            }
            default -> throw new IOException("unknown type " + type);
        }
    }

    private void addAll(MultiTxn multi, TxnHeader header, List<Operation> to) throws IOException {
        List<Txn> parts = multi.getTxns();
        if (parts.stream().anyMatch(part -> part.getType() == OpCode.error)) {
            return;
        }
        for (int i = 0; i < parts.size(); i++) {
            Txn part = parts.get(i);
            Record txn = record(part.getType());
            if (txn != null) {
                txn.deserialize(archive(part.getData()), "txn");
                add(part.getType(), txn, header, i, to);
            }
        }
    }

    /** What a transaction, or a part of a {@code multi}, is read into; null for one that changes nothing. */
    private static Record record(int type) throws IOException {
        return switch (type) {
            case OpCode.create, OpCode.create2 -> new CreateTxn();
            case OpCode.createTTL -> new CreateTTLTxn();
            case OpCode.createContainer -> new CreateContainerTxn();
            case OpCode.delete, OpCode.deleteContainer -> new DeleteTxn();
            case OpCode.setData, OpCode.reconfig -> new SetDataTxn();
            case OpCode.setACL -> new SetACLTxn();
            case OpCode.check -> null;
            default -> throw new IOException("unknown type " + type);
        };
    }

    private void addClosed(CloseSessionTxn closed, TxnHeader header, List<Operation> to) throws IOException {
        List<String> paths = closed == null ? new ArrayList<>(ephemerals.of(header)) : closed.getPaths2Delete();
        for (int i = 0; i < paths.size(); i++) {
            to.add(Operation.deleted(i, paths.get(i)));
        }
    }

    private static Operation created(int ordinal, CreateTxn create, long session) {
        return Operation.created(
                ordinal,
                create.getPath(),
                create.getData(),
                create.getEphemeral() ? session : 0,
                create.getEphemeral() ? Operation.CreatedAs.EPHEMERAL : Operation.CreatedAs.PERSISTENT,
                create.getParentCVersion(),
                text(create.getAcl()));
    }

    private static Operation created(int ordinal, CreateTTLTxn create) {
        return Operation.created(
                ordinal,
                create.getPath(),
                create.getData(),
                0,
                Operation.CreatedAs.PERSISTENT_WITH_TTL,
                create.getParentCVersion(),
                text(create.getAcl()));
    }

    private static Operation created(int ordinal, CreateContainerTxn create) {
        return Operation.created(
                ordinal,
                create.getPath(),
                create.getData(),
                0,
                Operation.CreatedAs.CONTAINER,
                create.getParentCVersion(),
                text(create.getAcl()));
    }

    /** As {@code sink.acl} has it. */
    private static String text(List<ACL> acl) {
        return acl == null
                ? ""
                : acl.stream()
                        .map(entry -> entry.getId().getScheme() + ":"
                                + entry.getId().getId() + ":" + ZKUtil.getPermString(entry.getPerms()))
                        .collect(Collectors.joining(","));
    }
}
