/** Types of a library that brings none. */

declare module 'unix-crypt-td-js' {
  /** crypt(3) with DES: salt and hash, 13 characters. Reads a character of the text as a byte. */
  function crypt(password: string, salt: string): string;
  export = crypt;
}
