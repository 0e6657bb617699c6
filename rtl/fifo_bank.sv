// FIFOs of four words for each of the 16 colors of one port, in one memory.
//
// Handshake: a word pushed in a cycle is in the bank in the next. The bank always shows the oldest word of
// `head_color_i`, in the same cycle; `pop_i` takes it away at the end of the cycle and is legal only when that
// color is not empty. Push and pop go on together, on the same color too. There is no ready: the sender holds a
// credit for every word it sends. A word that comes to a full color is dropped and reported by `overflow_o` in the
// same cycle, and changes nothing. All registers are zero whenever the bank is empty.

module fifo_bank (
  input  logic        clk_i,
  input  logic        rst_ni,

  input  logic        push_i,
  input  logic [3:0]  push_color_i,
  input  logic        push_last_i,
  input  logic [31:0] push_data_i,
  output logic        overflow_o,

  output logic [15:0] nonempty_o,
  output logic        single_o,      // there is one word in the bank
  input  logic [3:0]  head_color_i,
  output logic [31:0] head_data_o,   // zero while the bank is empty
  output logic        head_last_o,
  input  logic        pop_i
);

  // Bit c belongs to color c. Pointers are kept in slices, bit 0 of all colors and bit 1 of all colors, so that an
  // update is a few 16-bit operations whatever the color.
  logic [15:0] nonempty_q, read0_q, read1_q, write0_q, write1_q;
  logic [63:0] last_q;
  (* nomem2reg *) logic [31:0] data_q [64];   // a memory, though it is written where registers with a reset are

  logic [15:0] full;       // the pointers have met
  logic [15:0] one_left;   // the write pointer is one ahead
  logic [5:0]  head;

  always_comb begin
    full = 16'd0;
    one_left = 16'd0;
    single_o = 1'b0;
    head = 6'd0;
    head_data_o = 32'd0;
    head_last_o = 1'b0;
    if (nonempty_q != 16'd0) begin
      full = nonempty_q & ~(write0_q ^ read0_q) & ~(write1_q ^ read1_q);
      one_left = (write0_q ^ read0_q) & ~(write1_q ^ read1_q ^ read0_q);
      single_o = one_left == nonempty_q && (nonempty_q & (nonempty_q - 16'd1)) == 16'd0;
      head = {head_color_i, read1_q[head_color_i], read0_q[head_color_i]};
      head_data_o = data_q[head];
      head_last_o = last_q[head];
    end
  end

  assign overflow_o = push_i & full[push_color_i];
  assign nonempty_o = nonempty_q;

  // The push comes from a link, and what a link feeds is flip-flops only: hence locals and no nets.
  always_ff @(posedge clk_i or negedge rst_ni) begin : update
    logic [15:0] pushed, popped, emptied;
    logic [5:0]  first, tail;
    if (!rst_ni) begin
      nonempty_q <= 16'd0;
      read0_q <= 16'd0;
      read1_q <= 16'd0;
      write0_q <= 16'd0;
      write1_q <= 16'd0;
      last_q <= 64'd0;
    end else if (push_i || pop_i) begin
      pushed = ({15'd0, push_i} << push_color_i) & ~full;
      popped = {15'd0, pop_i} << head_color_i;
      emptied = popped & one_left & ~pushed;
      first = {head_color_i, read1_q[head_color_i], read0_q[head_color_i]};
      tail = {push_color_i, write1_q[push_color_i], write0_q[push_color_i]};
      if (pushed != 16'd0) data_q[tail] <= push_data_i;
      last_q <= (last_q & ~({63'd0, pop_i} << first)) | ({63'd0, push_last_i & |pushed} << tail);
      read1_q <= (read1_q ^ (popped & read0_q)) & ~emptied;
      read0_q <= (read0_q ^ popped) & ~emptied;
      write1_q <= (write1_q ^ (pushed & write0_q)) & ~emptied;
      write0_q <= (write0_q ^ pushed) & ~emptied;
      nonempty_q <= (nonempty_q | pushed) & ~emptied;
    end
  end

endmodule
