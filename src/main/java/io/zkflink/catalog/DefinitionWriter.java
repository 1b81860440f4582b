// SPDX-License-Identifier: Apache-2.0
package io.zkflink.catalog;

import io.zkflink.catalog.MirroredDefinitions.Version;
import io.zkflink.client.CreateMode;
import io.zkflink.client.Failure;
import io.zkflink.client.WriteRefusal;
import io.zkflink.client.ZNode;
import io.zkflink.client.ZNodeWrite;
import io.zkflink.client.ZooKeeperException;
import io.zkflink.path.ZNodePath;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;
import org.apache.flink.table.catalog.exceptions.CatalogException;

/**
 * Changes definitions: each change is one {@code multi}, made once or not at all, whatever breaks meanwhile, and the
 * call returns when the mirror shows it.
 *
 * <p>Each creation, deletion and renaming moves the version of the root, so that whoever replaces a definition can
 * check, in the same request, that it is still the one that was read: the version of its own znode begins anew when it
 * is created anew.
 */
final class DefinitionWriter {

    private static final byte[] NO_DATA = null;

    private final MirroredDefinitions definitions;
    private final CatalogSettings settings;

    DefinitionWriter(MirroredDefinitions definitions, CatalogSettings settings) {
        this.definitions = definitions;
        this.settings = settings;
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
        NOT_EMPTY
    }

    /** One try of a change; null if it has to be made again. */
    private interface Change {
        Outcome make(RetriedRequests requests) throws IOException;
    }

    /**
     * Creates an object.
     *
     * @param parent to be created, too, if it is missing, with this data; null if it has to exist
     */
    Outcome create(StoredObject object, byte[] data, byte[] parent) {
        return create(object, creation(object.path(), data), parent);
    }

    /** Creates an object that others are to be created below. */
    Outcome createParent(StoredObject object, byte[] data) {
        return create(object, parentCreation(object.path(), data), null);
    }

    private Outcome create(StoredObject object, ZNodeWrite.Create creation, byte[] parentData) {
        String parent = ZNodePath.parent(object.path());
        // The mirror has all that is below the root, and the root itself it has not.
        List<String> changed = parentData == null ? List.of(object.path()) : List.of(parent, object.path());
        return change(object, changed, requests -> {
            List<ZNodeWrite> writes = new ArrayList<>(List.of(touchRoot(ZNodeWrite.ANY_VERSION)));
            boolean withParent = parentData != null && requests.read(parent).isEmpty();
            if (withParent) {
                writes.add(parentCreation(parent, parentData));
            }
            writes.add(creation);
            WriteRefusal refusal = requests.write(object, writes, () -> requests.holds(object.path(), creation.data()));
            if (refusal == null) {
                return Outcome.DONE;
            }
            if (refusal.index() == 0 && refusal.failure() == Failure.NO_NODE) {
                createRoot(object, requests);
                return null;
            }
            boolean isOfParent = withParent && refusal.index() == 1;
            return switch (refusal.failure()) {
                case NODE_EXISTS -> isOfParent ? null : Outcome.EXISTS;
                case NO_NODE -> parentData != null ? null : Outcome.NO_PARENT;
                default -> throw refusal.cause();
            };
        });
    }

    /**
     * Replaces the definition of an object.
     *
     * @param check may refuse to replace what is there
     * @throws CatalogException if it is not the one any more that this thread has loaded
     */
    Outcome replace(StoredObject object, byte[] data, Consumer<ZNode> check) {
        Version expected = definitions.loadedVersion(object);
        return change(object, List.of(object.path()), requests -> {
            ZNode root = requests.read(settings.path()).orElse(null);
            ZNode current = requests.read(object.path()).orElse(null);
            if (root == null || current == null) {
                return Outcome.MISSING;
            }
            if (expected != null && !expected.equals(Version.of(current))) {
                throw lostRace(object);
            }
            check.accept(current);
            List<ZNodeWrite> writes = List.of(
                    new ZNodeWrite.Check(settings.path(), root.stat().version()),
                    new ZNodeWrite.SetData(object.path(), data, current.stat().version()));
            return doneOrAgain(requests.write(object, writes, () -> requests.holds(object.path(), data)));
        });
    }

    static CatalogException lostRace(StoredObject object) {
        return new CatalogException("Could not alter " + object.name() + ": somebody else has altered it since this"
                + " session read it, and nothing was written. Repeat the statement.");
    }

    /**
     * Deletes an object.
     *
     * @param cascade whether those right below it are deleted, too; else there may be none
     */
    Outcome delete(StoredObject object, boolean cascade) {
        return change(object, List.of(object.path()), requests -> {
            ZNode current = requests.read(object.path()).orElse(null);
            if (current == null) {
                return Outcome.MISSING;
            }
            List<ZNodeWrite> writes = new ArrayList<>(List.of(touchRoot(ZNodeWrite.ANY_VERSION)));
            if (cascade) {
                requests.children(object.path())
                        .forEach(name ->
                                writes.add(new ZNodeWrite.Delete(object.path() + "/" + name, ZNodeWrite.ANY_VERSION)));
            }
            writes.add(new ZNodeWrite.Delete(object.path(), current.stat().version()));
            WriteRefusal refusal = requests.write(object, writes, () -> requests.isGone(current));
            return refusal != null && refusal.failure() == Failure.NOT_EMPTY && !cascade
                    ? Outcome.NOT_EMPTY
                    : doneOrAgain(refusal);
        });
    }

    /** Gives an object another path. */
    Outcome rename(StoredObject object, StoredObject target) {
        return change(object, List.of(object.path(), target.path()), requests -> {
            ZNode root = requests.read(settings.path()).orElse(null);
            ZNode current = requests.read(object.path()).orElse(null);
            if (root == null || current == null) {
                return Outcome.MISSING;
            }
            List<ZNodeWrite> writes = List.of(
                    touchRoot(root.stat().version()),
                    new ZNodeWrite.Delete(object.path(), current.stat().version()),
                    creation(target.path(), current.data()));
            WriteRefusal refusal = requests.write(
                    object, writes, () -> requests.isGone(current) && requests.holds(target.path(), current.data()));
            return refusal != null && refusal.failure() == Failure.NODE_EXISTS ? Outcome.EXISTS : doneOrAgain(refusal);
        });
    }

    /**
     * Makes a change, and waits until the mirror shows it.
     *
     * @param paths what may be different afterwards
     */
    private Outcome change(StoredObject object, List<String> paths, Change change) {
        RetriedRequests requests = new RetriedRequests(definitions.mirror(), settings.connection());
        try {
            Outcome outcome = change.make(requests);
            while (outcome == null) {
                if (requests.isTimeOver()) {
                    throw new CatalogException("Could not write " + object + ": it was changed over and over by others"
                            + " for " + settings.connection().totalTimeout().toMillis() + " ms.");
                }
                outcome = change.make(requests);
            }
            definitions.catchUp(paths);
            return outcome;
        } catch (IOException e) {
            throw new CatalogException("Could not write " + object + ": " + e.getMessage(), e);
        }
    }

    /** Null, which is to try again, if somebody else was faster. */
    private static Outcome doneOrAgain(WriteRefusal refusal) throws ZooKeeperException {
        if (refusal == null) {
            return Outcome.DONE;
        }
        return switch (refusal.failure()) {
            case BAD_VERSION, NO_NODE, NOT_EMPTY -> null;
            default -> throw refusal.cause();
        };
    }

    private ZNodeWrite touchRoot(int version) {
        return new ZNodeWrite.SetData(settings.path(), NO_DATA, version);
    }

    private ZNodeWrite.Create creation(String path, byte[] data) {
        return new ZNodeWrite.Create(path, data, CreateMode.PERSISTENT, 0, settings.acl());
    }

    /** Whoever may not create and delete there could never change anything. */
    private ZNodeWrite.Create parentCreation(String path, byte[] data) {
        return new ZNodeWrite.Create(
                path, data, CreateMode.PERSISTENT, 0, settings.acl().granting("cdrw"));
    }

    private void createRoot(StoredObject object, RetriedRequests requests) throws IOException {
        String root = settings.path();
        for (int slash = root.indexOf('/', 1); ; slash = root.indexOf('/', slash + 1)) {
            String path = slash < 0 ? root : root.substring(0, slash);
            List<ZNodeWrite> create = List.of(parentCreation(path, NO_DATA));
            WriteRefusal refusal = requests.write(object, create, () -> false);
            if (refusal != null && refusal.failure() == Failure.NO_NODE) {
                // Not even the namespace is there.
                requests.createNamespace(settings.acl().granting("cdrw"));
                refusal = requests.write(object, create, () -> false);
            }
            if (refusal != null && refusal.failure() != Failure.NODE_EXISTS) {
                throw refusal.cause();
            }
            if (slash < 0) {
                return;
            }
        }
    }
}
