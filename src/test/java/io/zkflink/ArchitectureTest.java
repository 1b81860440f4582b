// SPDX-License-Identifier: Apache-2.0
package io.zkflink;

import static com.tngtech.archunit.base.DescribedPredicate.not;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.assignableTo;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideInAPackage;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideInAnyPackage;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideOutsideOfPackages;
import static com.tngtech.archunit.core.domain.JavaModifier.PUBLIC;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.classes;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static com.tngtech.archunit.library.Architectures.layeredArchitecture;
import static java.util.stream.Collectors.toCollection;
import static org.assertj.core.api.Assertions.assertThat;

import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import com.tngtech.archunit.library.Architectures.LayeredArchitecture;
import com.tngtech.archunit.library.dependencies.SlicesRuleDefinition;
import java.util.Arrays;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;
import java.util.concurrent.TimeUnit;
import org.apache.flink.annotation.Internal;
import org.apache.flink.annotation.PublicEvolving;
import org.apache.flink.table.factories.Factory;
import org.junit.jupiter.api.Test;

/** The packages and the arrows between them: a request flows down to the client, an observation up to Flink. */
class ArchitectureTest {

    private static final String ROOT = "io.zkflink";

    private static final JavaClasses CLASSES = new ClassFileImporter()
            .withImportOption(new ImportOption.DoNotIncludeTests())
            .importPackages(ROOT);

    /** Each package, and all others that it uses. Packages stand below those that use them. */
    private static final Map<String, Set<String>> ARROWS = arrows("""
            catalog -> catalog.definition, client, client.session, path, row, subtree, subtree.state, table, \
                    table.options
            catalog.definition -> client
            table.history -> history, history.source, path, row, table.options, table.schema
            table -> client, history, history.source, lookup, path, recipes, row, row.payload, sink, \
                    sink.runtime, sink.session, sink.settings, source, source.reader, source.settings, \
                    table.options, table.schema
            table.schema -> path, recipes, row, row.payload, source.settings, table.options
            table.options -> client, client.settings, lookup, path, recipes, row, row.payload, sink.settings, \
                    source.settings
            sink -> client, client.session, client.settings, path, row, row.payload, sink.batch, sink.guard, \
                    sink.runtime, sink.session, sink.settings, sink.transaction
            sink.session -> client, client.session, client.settings, path, recipes, row, sink.batch, \
                    sink.runtime, sink.settings, state
            sink.transaction -> client, client.session, path, row, sink.batch, sink.runtime, sink.settings, state
            sink.guard -> client, recipes, sink.batch
            sink.settings -> client, client.settings, path, sink.batch
            sink.batch -> client, client.settings, path, row, sink.runtime
            sink.runtime -> client
            source -> client, client.settings, path, recipes, row, row.payload, source.enumerator, \
                    source.reader, source.settings, source.split
            source.enumerator -> source.split, state
            lookup -> client, client.session, client.settings, path, row, subtree, subtree.state
            history.source -> client, history, history.tree, path, row, source.reader, state
            source.reader -> client, client.session, path, recipes, row, source.settings, source.split, subtree, \
                    subtree.state
            source.split -> client, path, state, subtree.state
            source.settings -> client, client.settings, subtree
            history.tree -> client, history, path
            history ->
            row -> client, path, row.payload
            row.payload ->
            recipes -> client, path, subtree.state
            state ->
            subtree -> client, path, subtree.state
            subtree.state -> client, path
            client.session -> client, client.batch, client.settings
            client.batch -> client
            client -> client.settings
            client.settings ->
            path ->
            """);

    @Test
    void theArrowsBetweenThePackages() {
        LayeredArchitecture layers = layeredArchitecture().consideringOnlyDependenciesInLayers();
        for (String name : ARROWS.keySet()) {
            layers = layers.layer(name).definedBy(ROOT + "." + name);
        }
        for (Map.Entry<String, Set<String>> arrows : ARROWS.entrySet()) {
            String[] used = arrows.getValue().toArray(String[]::new);
            layers = used.length == 0
                    ? layers.whereLayer(arrows.getKey()).mayNotAccessAnyLayer()
                    : layers.whereLayer(arrows.getKey()).mayOnlyAccessLayers(used);
        }
        layers.check(CLASSES);
    }

    @Test
    void everyArrowIsUsed() {
        Map<String, Set<String>> used = new TreeMap<>();
        for (JavaClass user : CLASSES) {
            Set<String> targets = used.computeIfAbsent(packageOf(user), name -> new TreeSet<>());
            user.getDirectDependenciesFromSelf().stream()
                    .map(dependency -> dependency.getTargetClass())
                    .filter(target -> target.getPackageName().startsWith(ROOT + "."))
                    .map(ArchitectureTest::packageOf)
                    .filter(target -> !target.equals(packageOf(user)))
                    .forEach(targets::add);
        }
        assertThat(used.keySet()).isEqualTo(ARROWS.keySet());
        used.forEach((name, targets) -> assertThat(targets).as(name).isEqualTo(ARROWS.get(name)));
    }

    @Test
    void thereAreNoCycles() {
        SlicesRuleDefinition.slices()
                .matching(ROOT + ".(**)")
                .should()
                .beFreeOfCycles()
                .check(CLASSES);
    }

    /** So that nobody outside takes for an interface what may change tomorrow. */
    @Test
    void publicClassesSayForWhomTheyAre() {
        classes()
                .that()
                .haveModifier(PUBLIC)
                .and()
                .areTopLevelClasses()
                .should()
                .beAnnotatedWith(PublicEvolving.class)
                .orShould()
                .beAnnotatedWith(Internal.class)
                .check(CLASSES);
    }

    @Test
    void theExamplesUseNothingInternal() {
        noClasses()
                .should()
                .dependOnClassesThat()
                .areAnnotatedWith(Internal.class)
                .check(new ClassFileImporter().importPackages(ROOT + ".examples"));
    }

    @Test
    void onlyTheClientAndTheFilesKnowZooKeeper() {
        noClasses()
                .that()
                .resideOutsideOfPackages("io.zkflink.client..", "io.zkflink.history", "io.zkflink.history.tree")
                .should()
                .dependOnClassesThat(
                        resideInAnyPackage("org.apache.zookeeper..", "org.apache.jute..", "org.apache.curator.."))
                .check(CLASSES);
    }

    @Test
    void theMechanismKnowsNoFlink() {
        noClasses()
                .that(resideInAnyPackage(
                        "io.zkflink.client..", "io.zkflink.path..", "io.zkflink.subtree..", "io.zkflink.recipes.."))
                .should()
                .dependOnClassesThat(resideInAPackage("org.apache.flink..")
                        .and(not(resideInAPackage("org.apache.flink.annotation"))))
                .check(CLASSES);
    }

    @Test
    void onlyTheTablePackageKnowsOptions() {
        noClasses()
                .that(resideOutsideOfPackages("io.zkflink.table..")
                        // Flink asks factories for their options, whichever package declares them.
                        .and(not(assignableTo(Factory.class).and(resideInAPackage("io.zkflink.catalog")))))
                .should()
                .dependOnClassesThat()
                .haveNameMatching("org\\.apache\\.flink\\.configuration\\.(ConfigOption|ConfigOptions|ReadableConfig)")
                .check(CLASSES);
    }

    /** Its thread lives as long as the JVM, and with it the class loader of whoever asked first: a job's. */
    @Test
    void nobodyUsesTheTimerOfTheJvm() {
        noClasses()
                .should()
                .callMethod(CompletableFuture.class, "orTimeout", long.class, TimeUnit.class)
                .orShould()
                .callMethod(CompletableFuture.class, "completeOnTimeout", Object.class, long.class, TimeUnit.class)
                .orShould()
                .callMethod(CompletableFuture.class, "delayedExecutor", long.class, TimeUnit.class)
                .orShould()
                .callMethod(CompletableFuture.class, "delayedExecutor", long.class, TimeUnit.class, Executor.class)
                .check(CLASSES);
    }

    @Test
    void nobodyPrints() {
        noClasses().should().accessField(System.class, "out").check(CLASSES);
    }

    private static String packageOf(JavaClass type) {
        return type.getPackageName().substring(ROOT.length() + 1);
    }

    private static Map<String, Set<String>> arrows(String lines) {
        Map<String, Set<String>> arrows = new TreeMap<>();
        lines.lines()
                .map(line -> line.split(" -> ?", -1))
                .forEach(arrow -> arrows.put(
                        arrow[0].strip(),
                        Arrays.stream(arrow[1].split(","))
                                .map(String::strip)
                                .filter(name -> !name.isEmpty())
                                .collect(toCollection(TreeSet::new))));
        return arrows;
    }
}
