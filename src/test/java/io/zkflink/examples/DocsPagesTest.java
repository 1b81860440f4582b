// SPDX-License-Identifier: Apache-2.0
package io.zkflink.examples;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import java.util.regex.MatchResult;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** How the pages of the docs hang together; that links lead somewhere is in {@link SnippetsTest}. */
class DocsPagesTest {

    private static final Path DOCS = Path.of("docs");
    private static final Path INDEX = DOCS.resolve("README.md");
    private static final int SCREEN = 50;

    private static final Pattern PAGE_OF_INDEX = Pattern.compile("\\]\\(([a-z-]+\\.md)[#)]");
    private static final Pattern OPTION_ROW =
            Pattern.compile("^\\| ([^|]*) \\| (?:required|optional) \\|[^|]*\\| [A-Z]\\w* \\|.*$", Pattern.MULTILINE);
    private static final Pattern OPTION_LINK = Pattern.compile("\\[`([^`]+)`]\\(([^)#]*)#([^)]*)\\)");
    private static final Pattern HEADING = Pattern.compile("^(#+) (.*)$", Pattern.MULTILINE);
    private static final Pattern TEST_NAME = Pattern.compile("`([A-Z]\\w*(?:Test|ITCase|Benchmark))`");

    static Stream<Path> pages() throws IOException {
        try (Stream<Path> files = Files.list(DOCS)) {
            return files.filter(file -> file.toString().endsWith(".md")).sorted().toList().stream();
        }
    }

    @ParameterizedTest
    @MethodSource("pages")
    void aPageSaysForWhomItIs(Path page) {
        List<String> lines = read(page).lines().filter(line -> !line.isBlank()).toList();
        assertThat(lines.get(0)).startsWith("# ");
        assertThat(lines.get(1)).startsWith("For ");
    }

    @Test
    void theIndexHasEveryPage() throws IOException {
        Set<String> linked = PAGE_OF_INDEX
                .matcher(read(INDEX))
                .results()
                .map(link -> link.group(1))
                .collect(Collectors.toSet());
        assertThat(linked)
                .containsExactlyInAnyOrderElementsOf(pages().filter(page -> !page.equals(INDEX))
                        .map(page -> page.getFileName().toString())
                        .toList());
    }

    @ParameterizedTest
    @MethodSource("pages")
    void anOptionLinksToASectionThatSpeaksOfIt(Path page) {
        OPTION_ROW.matcher(read(page)).results().forEach(row -> {
            Matcher link = OPTION_LINK.matcher(row.group(1));
            assertThat(link.matches()).as("a link in the row " + row.group()).isTrue();
            Path target = link.group(2).isEmpty() ? page : page.resolveSibling(link.group(2));
            String section = section(read(target), link.group(3));
            String key = link.group(1);
            assertThat(section.contains("`" + key + "`") || section.contains("'" + key + "'"))
                    .as("%s#%s, where '%s' of %s leads, speaks of it", target, link.group(3), key, page)
                    .isTrue();
        });
    }

    @ParameterizedTest
    @MethodSource("pages")
    void testsThatAreNamedExist(Path page) throws IOException {
        Set<String> tests;
        try (Stream<Path> files = Files.walk(Path.of("src"))) {
            tests = files.map(file -> file.getFileName().toString().replace(".java", ""))
                    .collect(Collectors.toSet());
        }
        assertThat(TEST_NAME.matcher(read(page)).results().map(name -> name.group(1)))
                .allSatisfy(name -> assertThat(tests).contains(name));
    }

    @ParameterizedTest
    @MethodSource("readmes")
    void whatItIsStandsOnOneScreen(Path readme) {
        List<String> lines = read(readme).lines().toList();
        assertThat(lines).anyMatch(line -> line.startsWith("|---"));
        assertThat(lines.stream().takeWhile(line -> !line.startsWith("|---")))
                .as("the lines before the first table")
                .hasSizeLessThanOrEqualTo(SCREEN)
                .anyMatch(line -> line.contains(".svg"))
                .anyMatch(line -> line.startsWith("mvn verify "));
    }

    static Stream<Path> readmes() {
        return Stream.of(Path.of("README.md"), Path.of("README.zh-CN.md"));
    }

    /** The text below a heading, with that of the headings below it, without tables of options. */
    private static String section(String text, String anchor) {
        List<MatchResult> headings = HEADING.matcher(text).results().toList();
        for (MatchResult heading : headings) {
            if (SnippetsTest.anchor(heading.group(2)).equals(anchor)) {
                int end = headings.stream()
                        .filter(next -> next.start() > heading.start()
                                && next.group(1).length() <= heading.group(1).length())
                        .mapToInt(MatchResult::start)
                        .findFirst()
                        .orElse(text.length());
                return OPTION_ROW.matcher(text.substring(heading.end(), end)).replaceAll("");
            }
        }
        return "";
    }

    private static String read(Path file) {
        try {
            return Files.readString(file);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
