// SPDX-License-Identifier: Apache-2.0
package io.zkflink.table.schema;

import io.zkflink.path.PathEncoding;
import io.zkflink.path.PathTemplate;
import io.zkflink.path.Segment;
import io.zkflink.path.SegmentType;
import io.zkflink.recipes.Recipe;
import io.zkflink.row.ReadableMetadata;
import io.zkflink.row.TableLayout;
import io.zkflink.row.WritableMetadata;
import io.zkflink.source.settings.ScanMode;
import java.util.Arrays;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.apache.flink.annotation.Internal;
import org.apache.flink.table.api.ValidationException;
import org.apache.flink.table.catalog.Column;
import org.apache.flink.table.catalog.ResolvedSchema;
import org.apache.flink.table.catalog.UniqueConstraint;
import org.apache.flink.table.types.logical.CharType;
import org.apache.flink.table.types.logical.LogicalType;
import org.apache.flink.table.types.logical.VarCharType;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Holds a table's schema against its path template and its scan mode. */
@Internal
public final class SchemaRules {

    private static final Logger LOG = LoggerFactory.getLogger(SchemaRules.class);

    private final ResolvedSchema schema;

    SchemaRules(ResolvedSchema schema) {
        this.schema = schema;
    }

    /**
     * Parses the path template, whose columns must be physical ones of a type that a path can hold.
     *
     * @param base the path that the server has the root of all paths at, empty for its own root
     * @param onlyReads whether it may lie in ZooKeeper's own subtree
     */
    PathTemplate template(String base, String path, PathEncoding encoding, boolean onlyReads) {
        try {
            return onlyReads
                    ? PathTemplate.parseToRead(base, path, encoding, this::segmentType)
                    : PathTemplate.parse(base, path, encoding, this::segmentType);
        } catch (IllegalArgumentException e) {
            // Without the cause: Flink's SQL client shows the innermost one only, which does not name the option.
            throw new ValidationException("Invalid value '" + path + "' for option 'path': " + e.getMessage() + ".");
        }
    }

    /** Checks that a primary key, if there is one, is what identifies a znode. */
    public boolean hasPrimaryKey(PathTemplate template) {
        List<String> key =
                schema.getPrimaryKey().map(UniqueConstraint::getColumns).orElse(List.of());
        if (key.isEmpty()) {
            return false;
        }
        if (template.columns().isEmpty()) {
            throw new ValidationException(String.format(
                    "Invalid PRIMARY KEY (%s): the 'path' '%s' binds no column, so the table is a single znode and has"
                            + " no key. Remove the PRIMARY KEY, or bind its columns in 'path'.",
                    String.join(", ", key), template));
        }
        if (!new HashSet<>(key).equals(new HashSet<>(template.columns()))) {
            throw new ValidationException(String.format(
                    "Invalid PRIMARY KEY (%s): a znode is identified by the columns that 'path' '%s' binds. Declare"
                            + " PRIMARY KEY (%s) NOT ENFORCED.",
                    String.join(", ", key), template, String.join(", ", template.columns())));
        }
        return true;
    }

    /** Checks that a template names resources of a recipe, each of which is one znode. */
    public void checkRecipe(Recipe recipe, PathTemplate template) {
        List<Segment> segments = template.segments();
        if (!segments.isEmpty() && segments.get(segments.size() - 1) instanceof Segment.Rest rest) {
            throw new ValidationException(String.format(
                    "Invalid value '%s' for option 'path': with 'recipe' = '%s' it names a resource, and those who"
                            + " contend for it are right below; '{*%s}' would take them for resources too. Bind each"
                            + " segment to a column of its own, like '{%s}'.",
                    template, recipe, rest.column(), rest.column()));
        }
    }

    /** The one column of a table of a recipe that the template does not bind. */
    public String owner(Recipe recipe, TableLayout layout) {
        List<Column> others = schema.getColumns().stream()
                .filter(Column::isPhysical)
                .filter(column -> !layout.template().columns().contains(column.getName()))
                .toList();
        if (others.size() != 1) {
            throw new ValidationException(String.format(
                    "Invalid columns for 'recipe' = '%s': beyond those that 'path' '%s' binds there must be one, which"
                            + " says who contends, and there %s. Declare the one, for example as owner STRING; all else"
                            + " there is to know are metadata columns.",
                    recipe,
                    layout.template(),
                    others.isEmpty()
                            ? "is none"
                            : "are " + others.size() + " ("
                                    + others.stream().map(Column::getName).collect(Collectors.joining(", ")) + ")"));
        }
        LogicalType type = others.get(0).getDataType().getLogicalType();
        if (!(type instanceof VarCharType text) || text.getLength() != VarCharType.MAX_LENGTH) {
            throw new ValidationException(String.format(
                    "Invalid type %s of the column '%s': with 'recipe' = '%s' it says who contends, which may be any"
                            + " text. Declare it as STRING.",
                    type.asSummaryString(), others.get(0).getName(), recipe));
        }
        return others.get(0).getName();
    }

    /** Checks that a primary key, if there is one, is what identifies a contender. */
    public boolean hasPrimaryKeyWith(String owner, PathTemplate template) {
        List<String> key =
                schema.getPrimaryKey().map(UniqueConstraint::getColumns).orElse(List.of());
        Set<String> whole = new LinkedHashSet<>(template.columns());
        whole.add(owner);
        if (!key.isEmpty() && !new HashSet<>(key).equals(whole)) {
            throw new ValidationException(String.format(
                    "Invalid PRIMARY KEY (%s): a row is who contends for what. Declare PRIMARY KEY (%s) NOT ENFORCED, or"
                            + " none, and each contender's znode is a row.",
                    String.join(", ", key), String.join(", ", whole)));
        }
        return !key.isEmpty();
    }

    public void checkScanMode(ScanMode mode, boolean hasPrimaryKey) {
        if (mode == ScanMode.UPSERT && !hasPrimaryKey) {
            throw new ValidationException("Invalid value 'upsert' for option 'scan.changelog-mode': it needs a primary"
                    + " key. Declare a PRIMARY KEY of the columns that 'path' binds, or use 'all' or 'append'.");
        }
        if (mode == ScanMode.APPEND && hasPrimaryKey) {
            throw new ValidationException("Invalid value 'append' for option 'scan.changelog-mode': an event log has"
                    + " several rows per znode and no primary key. Remove the PRIMARY KEY, or use 'upsert' or 'all'.");
        }
        if (mode != ScanMode.APPEND && reads(ReadableMetadata.EVENT_TYPE)) {
            throw new ValidationException("Invalid metadata column 'event-type' with 'scan.changelog-mode' = '" + mode
                    + "': there the kind of the row says what happened. Remove the column, or use 'append'.");
        }
    }

    /**
     * Refuses columns that may not be NULL where NULL can come: data may be empty, and rows that say that a znode is
     * gone have neither data nor Stat. Flink would invent values, 0 or -1.
     */
    public void checkNullable(TableLayout layout, ScanMode mode, boolean bounded) {
        checkPayloadNullable(layout);
        checkMetadataNullable(mode, bounded);
    }

    public void checkPayloadNullable(TableLayout layout) {
        payloadNotNull(layout).ifPresent(column -> {
            throw new ValidationException(String.format(
                    "Invalid type %s of the column '%s': it is read from the data of znodes, which may be empty or"
                            + " lack it, and then it is NULL. Declare it as %s, and have queries handle NULLs,"
                            + " for example with WHERE or COALESCE. %s",
                    type(column), column.getName(), nullable(column), wayOut(column)));
        });
    }

    /**
     * Warns of a table that can be written and not be read, which nobody wants who did not declare the type himself.
     */
    public void warnOfNotNull(TableLayout layout) {
        payloadNotNull(layout)
                .ifPresent(column -> LOG.warn(
                        "The table '{}' can be written and not be read: its column '{}' of the data is {}. {}",
                        layout.template(),
                        column.getName(),
                        type(column),
                        wayOut(column)));
    }

    private Optional<Column> payloadNotNull(TableLayout layout) {
        return schema.getColumns().stream()
                .filter(column -> column.isPhysical()
                        && !column.getDataType().getLogicalType().isNullable()
                        && !layout.template().columns().contains(column.getName()))
                .findFirst();
    }

    private static String wayOut(Column column) {
        return String.format(
                "If CREATE TABLE ... AS SELECT has inferred it, ALTER TABLE ... MODIFY `%s` %s, or declare the column"
                        + " there: CREATE TABLE ... (`%s` %s) WITH (...) AS SELECT.",
                column.getName(), nullable(column), column.getName(), nullable(column));
    }

    /** Rows that say that something is gone have no Stat, except with 'all'. */
    public void checkMetadataNullable(ScanMode mode, boolean bounded) {
        if (bounded || mode == ScanMode.ALL) {
            return;
        }
        schema.getColumns().stream()
                .filter(Column.MetadataColumn.class::isInstance)
                .map(Column.MetadataColumn.class::cast)
                .filter(column -> !column.getDataType().getLogicalType().isNullable() && isNulled(column))
                .findFirst()
                .ifPresent(column -> {
                    throw new ValidationException(String.format(
                            "Invalid type %s of the metadata column '%s': with 'scan.changelog-mode' = '%s' it is NULL in"
                                    + " rows that say that a znode is gone. Declare it as %s, or use"
                                    + " 'scan.changelog-mode' = 'all', which takes back whole rows.",
                            type(column), column.getName(), mode, nullable(column)));
                });
    }

    private static boolean isNulled(Column.MetadataColumn column) {
        String key = column.getMetadataKey().orElse(column.getName());
        return Arrays.stream(ReadableMetadata.values())
                .noneMatch(metadata -> metadata.key().equals(key) && metadata.survivesDeletion());
    }

    private static String type(Column column) {
        return column.getDataType().getLogicalType().asSummaryString();
    }

    private static String nullable(Column column) {
        return column.getDataType().getLogicalType().copy(true).asSummaryString();
    }

    private boolean reads(ReadableMetadata metadata) {
        return metadataColumns(metadata.key()).findAny().isPresent();
    }

    /** The columns that rows are written with, in the order of the declaration. */
    public List<Column> persisted() {
        return schema.getColumns().stream().filter(Column::isPersisted).toList();
    }

    /** Whether rows that are written have a metadata column. */
    public boolean writes(WritableMetadata metadata) {
        return metadataColumns(metadata.key()).anyMatch(Column::isPersisted);
    }

    private Stream<Column.MetadataColumn> metadataColumns(String key) {
        return schema.getColumns().stream()
                .filter(Column.MetadataColumn.class::isInstance)
                .map(Column.MetadataColumn.class::cast)
                .filter(column ->
                        column.getMetadataKey().orElse(column.getName()).equals(key));
    }

    private SegmentType segmentType(String name) {
        Column column = schema.getColumn(name)
                .filter(Column::isPhysical)
                .orElseThrow(() -> new IllegalArgumentException("there is no physical column '" + name + "' for '{"
                        + name + "}'; declare it, for example as " + name + " STRING"));
        LogicalType type = column.getDataType().getLogicalType();
        return switch (type.getTypeRoot()) {
            case CHAR -> SegmentType.text(((CharType) type).getLength(), ((CharType) type).getLength());
            case VARCHAR -> SegmentType.text(0, ((VarCharType) type).getLength());
            case BOOLEAN -> SegmentType.of(SegmentType.Kind.BOOLEAN);
            case TINYINT -> SegmentType.of(SegmentType.Kind.TINYINT);
            case SMALLINT -> SegmentType.of(SegmentType.Kind.SMALLINT);
            case INTEGER -> SegmentType.of(SegmentType.Kind.INT);
            case BIGINT -> SegmentType.of(SegmentType.Kind.BIGINT);
            default ->
                throw new IllegalArgumentException("the column '" + name + "' has the type "
                        + type.asSummaryString()
                        + ", which no path segment can hold; declare it as STRING, BOOLEAN or an"
                        + " integer type");
        };
    }
}
