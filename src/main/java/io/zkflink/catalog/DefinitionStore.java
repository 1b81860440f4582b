// SPDX-License-Identifier: Apache-2.0
package io.zkflink.catalog;

import io.zkflink.client.Acl;
import io.zkflink.client.ConnectionSettings;
import io.zkflink.client.CreateMode;
import io.zkflink.client.Failure;
import io.zkflink.client.WriteRefusal;
import io.zkflink.client.ZNode;
import io.zkflink.client.ZNodeWrite;
import io.zkflink.client.ZooKeeperClient;
import io.zkflink.client.ZooKeeperException;
import io.zkflink.path.ZNodePath;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import org.apache.flink.table.catalog.exceptions.CatalogException;

/**
 * Writes definitions: each change is one {@code multi}, made once or not at all, whatever breaks meanwhile. Every
 * change of what exists moves the version of the root, so that whoever replaces a definition can check, in the same
 * request, that it is still the one that he has read: the version of its own znode begins anew when it is created anew.
 *
 * <p>When the connection is lost, nobody knows whether a request was made. Then this waits for the connection, and
 * looks: every definition has an id of its write.
 */
final class DefinitionStore {

    /** What servers take in one request unless told otherwise. */
    private static final int REQUEST_LIMIT = 0xfffff;

    private static final long RETRY_MILLIS = 50;
    private static final byte[] NO_DATA = null;

    private final ZNodeMirror mirror;
    private final ConnectionSettings connection;
    private final String root;
    private final Acl acl;

    DefinitionStore(ZNodeMirror mirror, ConnectionSettings connection, String root, Acl acl) {
        this.mirror = mirror;
        this.connection = connection;
        this.root = root;
        this.acl = acl;
    }

    /** What came of a change. */
    enum Outcome {
        DONE,
        /** There is something already where something was to be created. */
        EXISTS,
        /** There is no znode of that object. */
        MISSING,
        /** There is no znode to create the object below. */
        NO_PARENT,
        /** The object has others below it. */
        NOT_EMPTY,
        /** The object is not the one that was read before. */
        CHANGED
    }

    /** A version of an object; the same version comes again when the znode is created anew. */
    record Seen(long czxid, int version) {
        static Seen of(ZNode znode) {
            return new Seen(znode.stat().czxid(), znode.stat().version());
        }
    }

    /**
     * Creates an object.
     *
     * @param parent to be created, too, if it is missing, with this data; null if it has to exist
     */
    Outcome create(String what, String path, byte[] data, byte[] parent) {
        return create(what, creation(path, data), parent);
    }

    /** Creates an object that others are to be created below. */
    Outcome createParent(String what, String path, byte[] data) {
        return create(what, parentCreation(path, data), null);
    }

    private Outcome create(String what, ZNodeWrite.Create creation, byte[] parent) {
        String path = creation.path();
        byte[] data = creation.data();
        return change(what, path, end -> {
            List<ZNodeWrite> writes = new ArrayList<>(List.of(touch(ZNodeWrite.ANY_VERSION)));
            boolean withParent =
                    parent != null && read(ZNodePath.parent(path), end).isEmpty();
            if (withParent) {
                writes.add(parentCreation(ZNodePath.parent(path), parent));
            }
            writes.add(creation);
            Refusal refusal = write(what, path, writes, () -> holds(path, data, end), end);
            if (refusal == null) {
                return Outcome.DONE;
            }
            if (refusal.index() == 0 && refusal.failure() == Failure.NO_NODE) {
                createRoot(what, end);
                return null;
            }
            boolean ofParent = withParent && refusal.index() == 1;
            return switch (refusal.failure()) {
                case NODE_EXISTS -> ofParent ? null : Outcome.EXISTS;
                case NO_NODE -> parent != null ? null : Outcome.NO_PARENT;
                default -> throw refusal.cause();
            };
        });
    }

    /**
     * Replaces the definition of an object.
     *
     * @param seen what it has to be still; null for whatever it is
     * @param check refuses to replace what is there
     */
    Outcome replace(String what, String path, byte[] data, Seen seen, Check check) {
        return change(what, path, end -> {
            ZNode top = read(root, end).orElse(null);
            ZNode current = read(path, end).orElse(null);
            if (top == null || current == null) {
                return Outcome.MISSING;
            }
            if (seen != null && !seen.equals(Seen.of(current))) {
                return Outcome.CHANGED;
            }
            check.check(current);
            List<ZNodeWrite> writes = List.of(
                    new ZNodeWrite.Check(root, top.stat().version()),
                    new ZNodeWrite.SetData(path, data, current.stat().version()));
            return again(write(what, path, writes, () -> holds(path, data, end), end));
        });
    }

    /** Deletes an object that has none below it. */
    Outcome delete(String what, String path) {
        return change(what, path, end -> {
            ZNode current = read(path, end).orElse(null);
            if (current == null) {
                return Outcome.MISSING;
            }
            List<ZNodeWrite> writes = List.of(
                    touch(ZNodeWrite.ANY_VERSION),
                    new ZNodeWrite.Delete(path, current.stat().version()));
            Refusal refusal = write(what, path, writes, () -> isGone(current, end), end);
            return refusal != null && refusal.failure() == Failure.NOT_EMPTY ? Outcome.NOT_EMPTY : again(refusal);
        });
    }

    /** Deletes an object and those right below it. */
    Outcome deleteWithChildren(String what, String path) {
        return change(what, path, end -> {
            ZNode current = read(path, end).orElse(null);
            List<String> names = children(path, end);
            if (current == null) {
                return Outcome.MISSING;
            }
            List<ZNodeWrite> writes = new ArrayList<>(List.of(touch(ZNodeWrite.ANY_VERSION)));
            names.forEach(name -> writes.add(new ZNodeWrite.Delete(path + "/" + name, ZNodeWrite.ANY_VERSION)));
            writes.add(new ZNodeWrite.Delete(path, ZNodeWrite.ANY_VERSION));
            return again(write(what, path, writes, () -> isGone(current, end), end));
        });
    }

    /** Gives an object another path. */
    Outcome rename(String what, String path, String target) {
        return change(what, target, end -> {
            ZNode top = read(root, end).orElse(null);
            ZNode current = read(path, end).orElse(null);
            if (top == null || current == null) {
                return Outcome.MISSING;
            }
            List<ZNodeWrite> writes = List.of(
                    touch(top.stat().version()),
                    new ZNodeWrite.Delete(path, current.stat().version()),
                    creation(target, current.data()));
            Refusal refusal =
                    write(what, target, writes, () -> isGone(current, end) && holds(target, current.data(), end), end);
            return refusal != null && refusal.failure() == Failure.NODE_EXISTS ? Outcome.EXISTS : again(refusal);
        });
    }

    /** Waits until the mirror shows what has been written. */
    void catchUp(String... paths) {
        try {
            for (String path : paths) {
                mirror.catchUp(path, connection.patience());
            }
        } catch (IOException e) {
            // It is written; the watch will tell.
            return;
        }
    }

    /** A znode as the server has it now. */
    Optional<ZNode> read(String path) throws IOException {
        return read(path, System.nanoTime() + connection.patience().toNanos());
    }

    // ---- One change.

    /** One try; null if it has to be made again. */
    private interface Try {
        Outcome run(long end) throws IOException;
    }

    /** May refuse to have a znode replaced. */
    interface Check {
        void check(ZNode current);
    }

    private interface Condition {
        boolean holds() throws IOException;
    }

    private record Refusal(int index, ZooKeeperException cause) {
        Failure failure() {
            return cause.failure();
        }
    }

    private Outcome change(String what, String path, Try change) {
        long end = System.nanoTime() + connection.patience().toNanos();
        try {
            while (true) {
                Outcome outcome = change.run(end);
                if (outcome != null) {
                    return outcome;
                }
                if (System.nanoTime() > end) {
                    throw new CatalogException("Could not write " + what + " ('" + path + "'): it was changed over and"
                            + " over by others for " + connection.patience().toMillis() + " ms.");
                }
            }
        } catch (IOException e) {
            throw new CatalogException("Could not write " + what + " ('" + path + "'): " + e.getMessage(), e);
        }
    }

    /** Null, which is to try again, if somebody else was faster. */
    private static Outcome again(Refusal refusal) throws ZooKeeperException {
        if (refusal == null) {
            return Outcome.DONE;
        }
        return switch (refusal.failure()) {
            case BAD_VERSION, NO_NODE, NOT_EMPTY -> null;
            default -> throw refusal.cause();
        };
    }

    private ZNodeWrite touch(int version) {
        return new ZNodeWrite.SetData(root, NO_DATA, version);
    }

    private ZNodeWrite.Create creation(String path, byte[] data) {
        return new ZNodeWrite.Create(path, data, CreateMode.PERSISTENT, 0, acl);
    }

    /** Whoever may not create and delete there could never change anything. */
    private ZNodeWrite.Create parentCreation(String path, byte[] data) {
        return new ZNodeWrite.Create(path, data, CreateMode.PERSISTENT, 0, acl.granting("cdrw"));
    }

    private void createRoot(String what, long end) throws IOException {
        for (int slash = root.indexOf('/', 1); ; slash = root.indexOf('/', slash + 1)) {
            String path = slash < 0 ? root : root.substring(0, slash);
            List<ZNodeWrite> create = List.of(parentCreation(path, NO_DATA));
            Refusal refusal = write(what, path, create, () -> false, end);
            if (refusal != null && refusal.failure() == Failure.NO_NODE) {
                // Not even the namespace is there.
                Requests.get(mirror.client().createNamespace(acl.granting("cdrw")), left(end));
                refusal = write(what, path, create, () -> false, end);
            }
            if (refusal != null && refusal.failure() != Failure.NODE_EXISTS) {
                throw refusal.cause();
            }
            if (slash < 0) {
                return;
            }
        }
    }

    /** Null if all was made. */
    private Refusal write(String what, String path, List<ZNodeWrite> writes, Condition made, long end)
            throws IOException {
        int bytes = writes.stream().mapToInt(ZNodeWrite::bytes).sum();
        if (bytes > REQUEST_LIMIT) {
            throw new CatalogException(String.format(
                    "Could not write %s ('%s'): it takes %,d bytes, and a request to ZooKeeper, and so a znode, can have"
                            + " %,d. Make the definition smaller.",
                    what, path, bytes, REQUEST_LIMIT));
        }
        boolean unsure = false;
        while (true) {
            try {
                if (unsure && made.holds()) {
                    return null;
                }
                ZooKeeperClient client = mirror.client();
                Optional<WriteRefusal> refusal = Requests.get(client.write(writes), left(end));
                return refusal.map(why -> new Refusal(why.index(), why.cause())).orElse(null);
            } catch (ZooKeeperException e) {
                pauseUnlessFinal(e, end);
                unsure = true;
            }
        }
    }

    private Optional<ZNode> read(String path, long end) throws IOException {
        while (true) {
            try {
                return Requests.get(mirror.client().read(path), left(end));
            } catch (ZooKeeperException e) {
                pauseUnlessFinal(e, end);
            }
        }
    }

    private List<String> children(String path, long end) throws IOException {
        while (true) {
            try {
                return Requests.get(mirror.client().children(path), left(end)).orElse(List.of());
            } catch (ZooKeeperException e) {
                pauseUnlessFinal(e, end);
            }
        }
    }

    /** Whether a znode is what was written; asked after a connection was lost, so of a server that is up to date. */
    private boolean holds(String path, byte[] data, long end) throws IOException {
        Requests.get(mirror.client().sync(), left(end));
        return read(path, end)
                .filter(znode -> Arrays.equals(znode.data(), data))
                .isPresent();
    }

    private boolean isGone(ZNode before, long end) throws IOException {
        Requests.get(mirror.client().sync(), left(end));
        return read(before.path(), end)
                .filter(now -> now.stat().czxid() == before.stat().czxid())
                .isEmpty();
    }

    private void pauseUnlessFinal(ZooKeeperException failure, long end) throws IOException {
        if (failure.failure() == Failure.CLOSED) {
            mirror.checkReplaced(failure);
        } else if (!failure.failure().isTransient()) {
            throw failure;
        }
        if (System.nanoTime() > end) {
            throw new ZooKeeperException(
                    failure.failure(),
                    "the connection to ZooKeeper at '" + connection.connectString() + "' was lost and did not come back"
                            + " within " + connection.patience().toMillis() + " ms ('connection-timeout' x"
                            + " 'max-retry-attempts'), so it is not known whether it was written. "
                            + failure.getMessage());
        }
        try {
            TimeUnit.MILLISECONDS.sleep(RETRY_MILLIS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IOException("Interrupted while waiting for ZooKeeper.", e);
        }
    }

    private static Duration left(long end) {
        return Duration.ofNanos(Math.max(TimeUnit.MILLISECONDS.toNanos(100), end - System.nanoTime()));
    }
}
