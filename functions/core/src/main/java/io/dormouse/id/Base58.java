package io.dormouse.id;

/** Base58 of fixed width: sorts like the number it encodes and has no look-alike letters. */
final class Base58 {
    /** In ASCII order, so that fixed-width texts sort as their numbers do. */
    private static final String DIGITS = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz";

    private Base58() {}

    /** The 128-bit number {@code high:low} as 22 characters. */
    static String of128(long high, long low) {
        // Long division of four 32-bit limbs by 58: no BigInteger on the hot path.
        long[] limbs = {high >>> 32, high & 0xffffffffL, low >>> 32, low & 0xffffffffL};
        char[] text = new char[22];
        for (int i = text.length - 1; i >= 0; i--) {
            long remainder = 0;
            for (int limb = 0; limb < 4; limb++) {
                long value = (remainder << 32) | limbs[limb];
                limbs[limb] = value / 58;
                remainder = value % 58;
            }
            text[i] = DIGITS.charAt((int) remainder);
        }
        return new String(text);
    }

    /** A number below 58 * 58 as two characters. */
    static String of2(int number) {
        if (number < 0 || number >= 58 * 58) throw new IllegalArgumentException("not two digits of base 58: " + number);
        return "" + DIGITS.charAt(number / 58) + DIGITS.charAt(number % 58);
    }

    static boolean isText(String text) {
        for (int i = 0; i < text.length(); i++) if (DIGITS.indexOf(text.charAt(i)) < 0) return false;
        return !text.isEmpty();
    }
}
