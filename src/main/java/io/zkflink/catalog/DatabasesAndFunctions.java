// SPDX-License-Identifier: Apache-2.0
package io.zkflink.catalog;

import io.zkflink.catalog.DefinitionWriter.Outcome;
import io.zkflink.catalog.definition.Definitions;
import io.zkflink.client.ZNode;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.function.Function;
import java.util.stream.Stream;
import org.apache.flink.table.catalog.CatalogDatabase;
import org.apache.flink.table.catalog.CatalogDatabaseImpl;
import org.apache.flink.table.catalog.CatalogFunction;
import org.apache.flink.table.catalog.ObjectPath;
import org.apache.flink.table.catalog.exceptions.CatalogException;
import org.apache.flink.table.catalog.exceptions.DatabaseAlreadyExistException;
import org.apache.flink.table.catalog.exceptions.DatabaseNotEmptyException;
import org.apache.flink.table.catalog.exceptions.DatabaseNotExistException;
import org.apache.flink.table.catalog.exceptions.FunctionAlreadyExistException;
import org.apache.flink.table.catalog.exceptions.FunctionNotExistException;
import org.apache.flink.table.functions.FunctionIdentifier;
import org.apache.flink.util.Preconditions;
import org.apache.flink.util.StringUtils;

/**
 * The databases and the functions of a catalog, each in a znode of its own. The default database and {@link
 * TreeDatabase} exist without a server, and without a znode.
 */
abstract class DatabasesAndFunctions extends UnpartitionedCatalog {

    final CatalogPaths paths;
    final MirroredDefinitions definitions;
    final DefinitionWriter writer;

    DatabasesAndFunctions(
            String name, String defaultDatabase, MirroredDefinitions definitions, CatalogSettings settings) {
        super(name, defaultDatabase);
        this.paths = new CatalogPaths(settings.path());
        this.definitions = definitions;
        this.writer = new DefinitionWriter(definitions, settings);
    }

    /** Starts to read the definitions; does not wait for a server. */
    @Override
    public void open() {
        definitions.open();
    }

    @Override
    public void close() {
        definitions.close();
    }

    // ---- Databases.

    @Override
    public List<String> listDatabases() {
        Stream<String> stored =
                definitions.children(paths.root()).stream().map(znode -> CatalogPaths.databaseOf(znode.path()));
        return Stream.concat(Stream.of(getDefaultDatabase(), TreeDatabase.NAME), stored.filter(Objects::nonNull))
                .distinct()
                .toList();
    }

    @Override
    public boolean databaseExists(String database) {
        checkName(database);
        return existsAlways(database)
                || definitions.find(paths.database(database)).isPresent();
    }

    private boolean existsAlways(String database) {
        return database.equals(getDefaultDatabase()) || database.equals(TreeDatabase.NAME);
    }

    @Override
    public CatalogDatabase getDatabase(String database) throws DatabaseNotExistException {
        checkName(database);
        if (database.equals(TreeDatabase.NAME)) {
            return new CatalogDatabaseImpl(Map.of(), "Tables of path templates, without definitions.");
        }
        Optional<ZNode> znode = definitions.load(paths.database(database));
        if (znode.isEmpty() && !existsAlways(database)) {
            throw new DatabaseNotExistException(getName(), database);
        }
        return znode.map(Definitions::database).orElseGet(DatabasesAndFunctions::noProperties);
    }

    private static CatalogDatabase noProperties() {
        return new CatalogDatabaseImpl(Map.of(), null);
    }

    @Override
    public void createDatabase(String database, CatalogDatabase definition, boolean ignoreIfExists)
            throws DatabaseAlreadyExistException {
        checkName(database);
        Preconditions.checkNotNull(definition);
        boolean exists = existsAlways(database)
                || writer.createParent(paths.database(database), Definitions.write(definition)) == Outcome.EXISTS;
        if (exists && !ignoreIfExists) {
            throw new DatabaseAlreadyExistException(getName(), database);
        }
    }

    @Override
    public void dropDatabase(String database, boolean ignoreIfNotExists, boolean cascade)
            throws DatabaseNotExistException, DatabaseNotEmptyException {
        checkName(database);
        if (existsAlways(database)) {
            throw new CatalogException("The database '" + database + "' of the catalog '" + getName()
                    + "' is always there and cannot be dropped; drop its tables.");
        }
        Outcome outcome = writer.delete(paths.database(database), cascade);
        if (outcome == Outcome.NOT_EMPTY) {
            throw new DatabaseNotEmptyException(getName(), database);
        }
        if (outcome == Outcome.MISSING && !ignoreIfNotExists) {
            throw new DatabaseNotExistException(getName(), database);
        }
    }

    @Override
    public void alterDatabase(String database, CatalogDatabase definition, boolean ignoreIfNotExists)
            throws DatabaseNotExistException {
        checkName(database);
        Preconditions.checkNotNull(definition);
        if (database.equals(TreeDatabase.NAME)) {
            throw TreeDatabase.refusal();
        }
        StoredObject object = paths.database(database);
        byte[] data = Definitions.write(definition);
        if (writer.replace(object, data, current -> {}) != Outcome.MISSING) {
            return;
        }
        if (existsAlways(database)) {
            if (writer.createParent(object, data) == Outcome.EXISTS) {
                throw DefinitionWriter.lostRace(object);
            }
        } else if (!ignoreIfNotExists) {
            throw new DatabaseNotExistException(getName(), database);
        }
    }

    void checkDatabase(String database) throws DatabaseNotExistException {
        if (!existsAlways(database)
                && definitions.read(paths.database(database)).isEmpty()) {
            throw new DatabaseNotExistException(getName(), database);
        }
    }

    /** What is created together with the first object of a database that exists without a znode; else null. */
    byte[] missingParent(ObjectPath object) {
        return existsAlways(object.getDatabaseName()) ? Definitions.write(noProperties()) : null;
    }

    // ---- Functions, whose names are the same in upper and lower case.

    @Override
    public List<String> listFunctions(String database) throws DatabaseNotExistException {
        checkDatabase(database);
        return list(database, CatalogPaths::functionOf);
    }

    @Override
    public CatalogFunction getFunction(ObjectPath path) throws FunctionNotExistException {
        ObjectPath function = normalized(path);
        return definitions
                .load(paths.function(function))
                .map(Definitions::function)
                .orElseThrow(() -> new FunctionNotExistException(getName(), function));
    }

    @Override
    public boolean functionExists(ObjectPath path) {
        return definitions.find(paths.function(normalized(path))).isPresent();
    }

    @Override
    public void createFunction(ObjectPath path, CatalogFunction definition, boolean ignoreIfExists)
            throws FunctionAlreadyExistException, DatabaseNotExistException {
        Preconditions.checkNotNull(definition);
        ObjectPath function = normalized(path);
        TreeDatabase.refuse(function);
        Outcome outcome =
                writer.create(paths.function(function), Definitions.write(definition), missingParent(function));
        if (outcome == Outcome.NO_PARENT) {
            throw new DatabaseNotExistException(getName(), function.getDatabaseName());
        }
        if (outcome == Outcome.EXISTS && !ignoreIfExists) {
            throw new FunctionAlreadyExistException(getName(), function);
        }
    }

    @Override
    public void alterFunction(ObjectPath path, CatalogFunction definition, boolean ignoreIfNotExists)
            throws FunctionNotExistException {
        Preconditions.checkNotNull(definition);
        ObjectPath function = normalized(path);
        Outcome outcome = writer.replace(paths.function(function), Definitions.write(definition), current -> {});
        if (outcome == Outcome.MISSING && !ignoreIfNotExists) {
            throw new FunctionNotExistException(getName(), function);
        }
    }

    @Override
    public void dropFunction(ObjectPath path, boolean ignoreIfNotExists) throws FunctionNotExistException {
        ObjectPath function = normalized(path);
        if (writer.delete(paths.function(function), false) == Outcome.MISSING && !ignoreIfNotExists) {
            throw new FunctionNotExistException(getName(), function);
        }
    }

    private static ObjectPath normalized(ObjectPath path) {
        Preconditions.checkNotNull(path);
        return new ObjectPath(path.getDatabaseName(), FunctionIdentifier.normalizeName(path.getObjectName()));
    }

    // ---- What tables need, too.

    static void checkName(String name) {
        Preconditions.checkArgument(!StringUtils.isNullOrWhitespaceOnly(name), "The name is empty.");
    }

    /** The znodes of the objects of a database, none of which are in {@code tree}. */
    List<ZNode> objects(String database) {
        return database.equals(TreeDatabase.NAME)
                ? List.of()
                : definitions.children(paths.database(database).path());
    }

    /**
     * The names of the objects of a database.
     *
     * @param name makes a name of a path, null for an object of another kind
     */
    List<String> list(String database, Function<String, String> name) {
        return objects(database).stream()
                .map(znode -> name.apply(znode.path()))
                .filter(Objects::nonNull)
                .toList();
    }
}
