package io.dormouse.web.fetch;

import java.util.Set;
import org.jsoup.nodes.Document;
import org.jsoup.nodes.Element;
import org.jsoup.nodes.Node;
import org.jsoup.nodes.TextNode;
import org.jsoup.select.NodeVisitor;

/** A page of HTML as somebody would type it: headings, lists, links and lines, without what is not read. */
final class Html implements NodeVisitor {
    private static final String NOT_READ =
            "script,style,noscript,template,svg,iframe,head,nav>ul[hidden],[aria-hidden=true]";
    private static final Set<String> CELLS = Set.of("td", "th");
    /** Behind these a line stays empty. */
    private static final Set<String> APART =
            Set.of("p", "h1", "h2", "h3", "h4", "h5", "h6", "pre", "ul", "ol", "table", "blockquote");

    private final StringBuilder text = new StringBuilder();

    static String text(Document page) {
        String title = page.title();
        page.select(NOT_READ).remove();
        Html html = new Html();
        page.traverse(html);
        String body = html.text.toString().strip();
        return title.isBlank() ? body : "Title: " + title.strip() + "\n\n" + body;
    }

    @Override
    public void head(Node node, int depth) {
        if (node instanceof TextNode leaf) {
            boolean pre = leaf.parent() instanceof Element parent && parent.closest("pre") != null;
            if (pre) text.append(leaf.getWholeText());
            else append(leaf.text());
            return;
        }
        if (!(node instanceof Element element)) return;
        String name = element.normalName();
        if (name.equals("br")) text.append('\n');
        else if (CELLS.contains(name)) text.append(' ');
        else if (element.isBlock()) line();
        if (name.equals("li")) text.append("- ");
        if (name.matches("h[1-6]"))
            text.append("#".repeat(name.charAt(1) - '0')).append(' ');
        if (name.equals("img") && !element.attr("alt").isBlank()) append("[image: " + element.attr("alt") + "]");
        if (isLink(element)) text.append('[');
    }

    @Override
    public void tail(Node node, int depth) {
        if (!(node instanceof Element element)) return;
        if (isLink(element)) text.append("](").append(element.absUrl("href")).append(')');
        if (CELLS.contains(element.normalName())) return;
        if (element.isBlock()) line();
        if (APART.contains(element.normalName()) && !endsApart()) text.append('\n');
    }

    private boolean endsApart() {
        int length = text.length();
        return length < 2 || text.charAt(length - 1) == '\n' && text.charAt(length - 2) == '\n';
    }

    private static boolean isLink(Element element) {
        return element.normalName().equals("a") && element.absUrl("href").startsWith("http") && element.hasText();
    }

    private void append(String more) {
        boolean gap = text.isEmpty() || Character.isWhitespace(text.charAt(text.length() - 1));
        text.append(gap && more.startsWith(" ") ? more.substring(1) : more);
    }

    private void line() {
        int length = text.length();
        while (length > 0 && text.charAt(length - 1) == ' ') length--;
        text.setLength(length);
        if (length > 0 && text.charAt(length - 1) != '\n') text.append('\n');
    }
}
