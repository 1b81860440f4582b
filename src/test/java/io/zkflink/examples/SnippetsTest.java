// SPDX-License-Identifier: Apache-2.0
package io.zkflink.examples;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** Java in the docs and in the javadoc is quoted from the examples, which a test runs; and links lead somewhere. */
class SnippetsTest {

    private static final Pattern IN_DOCS = Pattern.compile("^```java\\n(.*?)^```$", Pattern.DOTALL | Pattern.MULTILINE);
    private static final Pattern IN_JAVADOC = Pattern.compile("<pre>\\{@code\\n(.*?)}</pre>", Pattern.DOTALL);
    private static final Pattern ASTERISK = Pattern.compile("^ *\\* ?", Pattern.MULTILINE);
    private static final Pattern BLOCK = Pattern.compile("^```(.*?)^```$", Pattern.DOTALL | Pattern.MULTILINE);
    private static final Pattern HEADING = Pattern.compile("^## (.*)$", Pattern.MULTILINE);
    private static final Pattern ANY_HEADING = Pattern.compile("^#+ (.*)$", Pattern.MULTILINE);
    private static final Pattern NO_ANCHOR = Pattern.compile("[^\\w -]");
    private static final Pattern LINK = Pattern.compile("]\\((?!http)([^)#\\s]*)(?:#([^)\\s]*))?\\)");
    private static final Pattern PAGE = Pattern.compile("]\\((docs/[a-z]+\\.md)");
    private static final Pattern SPACE = Pattern.compile("\\s+");

    @Test
    void everySnippetIsPartOfAnExample() throws IOException {
        List<String> examples = read(Path.of("src/examples/java/io/zkflink/examples"), ".java")
                .map(SnippetsTest::spaceless)
                .toList();
        List<String> snippets = Stream.concat(
                        Stream.concat(Stream.of(read(Path.of("README.md"))), read(Path.of("docs"), ".md"))
                                .flatMap(text -> find(IN_DOCS, text)),
                        read(Path.of("src/main/java"), ".java")
                                .flatMap(text -> find(IN_JAVADOC, text))
                                .map(text -> ASTERISK.matcher(text).replaceAll("")))
                .toList();
        assertThat(snippets).hasSizeGreaterThan(4);
        assertThat(snippets)
                .allSatisfy(snippet -> assertThat(examples).anyMatch(example -> example.contains(spaceless(snippet))));
    }

    @Test
    void theTranslationIsInStep() {
        String english = read(Path.of("README.md"));
        String chinese = read(Path.of("README.zh-CN.md"));
        assertThat(find(BLOCK, chinese))
                .isNotEmpty()
                .isEqualTo(find(BLOCK, english).toList());
        assertThat(find(PAGE, chinese).distinct())
                .containsExactlyInAnyOrderElementsOf(
                        find(PAGE, english).distinct().toList());
        assertThat(find(HEADING, chinese)).hasSameSizeAs(find(HEADING, english).toList());
    }

    @Test
    void everyLinkLeadsSomewhere() throws IOException {
        List<Path> pages;
        try (Stream<Path> docs = Files.list(Path.of("docs"))) {
            pages = Stream.concat(
                            Stream.of("README.md", "README.zh-CN.md", "CONTRIBUTING.md", "CHANGELOG.md")
                                    .map(Path::of),
                            docs.filter(page -> page.toString().endsWith(".md")))
                    .toList();
        }
        assertThat(pages).allSatisfy(page -> LINK.matcher(read(page)).results().forEach(link -> assertThat(
                        leadsSomewhere(page, link.group(1), link.group(2)))
                .as(link.group())
                .isTrue()));
    }

    private static boolean leadsSomewhere(Path page, String file, String heading) {
        Path target = file.isEmpty() ? page : page.resolveSibling(file);
        return Files.exists(target)
                && (heading == null
                        || find(ANY_HEADING, read(target))
                                .anyMatch(text -> anchor(text).equals(heading)));
    }

    /** As GitHub makes it. */
    static String anchor(String heading) {
        return NO_ANCHOR
                .matcher(heading.toLowerCase(Locale.ROOT))
                .replaceAll("")
                .replace(' ', '-');
    }

    private static Stream<String> find(Pattern pattern, String text) {
        return pattern.matcher(text).results().map(match -> match.group(1));
    }

    private static String spaceless(String code) {
        return SPACE.matcher(code).replaceAll("");
    }

    private static Stream<String> read(Path directory, String suffix) throws IOException {
        try (Stream<Path> files = Files.walk(directory)) {
            return files
                    .filter(file -> file.toString().endsWith(suffix))
                    .sorted()
                    .map(SnippetsTest::read)
                    .toList()
                    .stream();
        }
    }

    private static String read(Path file) {
        try {
            return Files.readString(file);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
