// Sinks messages into SRAM by rule, whatever the core is doing, and counts them into joins.
//
// A message: the header is taken in one cycle, payload words one a cycle from the next on, packed into one 128-bit
// SRAM write for each four (less where the message ends). The write is asked for in the cycle after its last word; a
// refused one holds the next word back. The message counts in its join in the cycle in which its last write is
// granted, or after its last word when there is nothing to write; the next header may be taken in that same cycle.
//
// It stays with its color while that has words; else it turns to the lowest color that has a word and an enabled rule,
// also in the middle of a message: two multicasts that meet in several tiles would stop each other for ever if a tile
// insisted on the end of one (docs/decisions/0005-receiver-follows-every-color.md). Turning away from an unfinished
// message, or back to one, takes a cycle; an incomplete 128-bit word is written on the way. Rules must not change
// under a message of their color.
//
// Registers: RegRule (two words a color), RegJoinExpected, RegWaitJoin (holds the core until ready, clears it and
// gives the header of the tag; the control plane's read has no effect and gives 0). error_o is ErrorLength, for the
// cycle in which the message counts.

module receiver (
  input  logic         clk_i,
  input  logic         rst_ni,

  input  logic [15:0]  nonempty_i,
  input  logic [31:0]  data_i,
  input  logic         last_i,
  output logic         take_o,
  output logic [3:0]   take_color_o,
  input  logic         take_gnt_i,

  output logic         write_req_o,
  output logic [11:0]  write_addr_o,
  output logic [15:0]  write_be_o,
  output logic [127:0] write_data_o,
  input  logic         write_gnt_i,

  output logic [7:0]   join_ready_o,    // some tag of the join is ready

  input  logic         reg_re_i,
  input  logic         reg_we_i,
  input  logic         reg_blocking_i,  // the access is the core's
  input  logic [9:0]   reg_addr_i,
  input  logic [31:0]  reg_wdata_i,
  output logic [31:0]  reg_rdata_o,
  output logic         reg_ready_o,

  output logic         error_o,
  output logic [3:0]   error_color_o,
  output logic         busy_o
);

  localparam int unsigned JoinCountWidth = 10;  // messages that a join can wait for: 1023

  localparam logic [4:0] RuleBlock = 5'(tessera_pkg::RegRule >> 7);          // of 32 registers
  localparam logic [6:0] ExpectedBlock = 7'(tessera_pkg::RegJoinExpected >> 5);  // of 8
  localparam logic [4:0] WaitBlock = 5'(tessera_pkg::RegWaitJoin >> 7);      // of 32

  // ---------------------------------------------------------------- rules

  logic        rule_hit;
  logic [31:0] rules [32];       // {color, high word}
  logic [15:0] enable_q;         // the rules' enable bits, which alone need a reset

  assign rule_hit = reg_addr_i[9:5] == RuleBlock;

  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) enable_q <= '0;
    else if (reg_we_i & rule_hit & ~reg_addr_i[0]) enable_q[reg_addr_i[4:1]] <= reg_wdata_i[0];
  end

  always_ff @(posedge clk_i) begin
    if (reg_we_i & rule_hit) rules[reg_addr_i[4:0]] <= reg_wdata_i;
  end

  // ---------------------------------------------------------------- messages

  // What a message needs while its color waits: the place of its next word. Valid where open_q.
  localparam int unsigned PlaceWidth = 24;
  logic [PlaceWidth-1:0] places [16];  // {tag, length, address}
  logic [15:0] open_q;                 // colors that were left between header and last word

  // The current color's.
  logic        active_q;         // between the header and the last word
  logic        setup_q;          // the cycle after the header, in which the address is computed
  logic        ended_q;          // a message has ended and is not counted yet
  logic [3:0]  color_q;
  logic [7:0]  part_q;
  logic [1:0]  tag_q;
  logic [9:0]  length_q;         // payload words taken, up to one too many
  logic        write_q;          // the buffer is complete
  logic [3:0]  filled_q;         // its words
  logic [11:0] addr_q;           // where it goes, in 16-byte words
  logic [31:0] word0_q, word1_q, word2_q, word3_q;

  tessera_pkg::receive_rule_t rule;      // of the current color, while it has a message
  tessera_pkg::header_t       header;
  logic        buffer_free, finish, take_header, take_payload, stored;
  logic        stay, turn, turn_asked, target_open, flush, written;
  logic [15:0] candidates, lowest;
  logic [3:0]  target, filled;
  logic [11:0] first_addr, next_addr;

  always_comb begin
    rule = '0;
    if (active_q | ended_q) rule = {rules[{color_q, 1'b1}], rules[{color_q, 1'b0}]};
  end

  // Where to take a word from. Turn: leave an unfinished message or go back to one. What is in the buffer has to be
  // written in the same cycle, so a begun 128-bit word is asked for now; the request must not depend on its grant.
  always_comb begin
    candidates = '0;
    lowest = '0;
    target = '0;
    target_open = 1'b0;
    stay = 1'b0;
    turn_asked = 1'b0;
    if (nonempty_i != '0) begin
      candidates = nonempty_i & enable_q;
      lowest = candidates & (~candidates + 16'd1);
      target = {(lowest & 16'hff00) != '0, (lowest & 16'hf0f0) != '0, (lowest & 16'hcccc) != '0,
                (lowest & 16'haaaa) != '0};
      target_open = open_q[target];
      stay = active_q & nonempty_i[color_q];
      turn_asked = ~stay & (candidates != '0) & (active_q | target_open) & ~setup_q;
    end
  end

  assign flush = turn_asked & ~write_q & (filled_q != '0);
  assign turn = turn_asked & (write_gnt_i | (filled_q == '0));

  assign buffer_free = ~write_q | write_gnt_i;
  assign take_o = buffer_free & (stay | (~active_q & (candidates != '0) & ~target_open));
  assign take_color_o = active_q ? color_q : target;
  assign take_header = take_gnt_i & ~active_q;
  assign take_payload = take_gnt_i & active_q;
  assign header = data_i;
  assign finish = ended_q & buffer_free;

  always_comb begin
    stored = 1'b0;
    filled = '0;
    if (take_payload) begin
      stored = length_q < {1'b0, rule.words};
      filled = (write_q ? '0 : filled_q) | ({3'b0, stored} << length_q[1:0]);
    end
  end

  // A write is complete two cycles after the header at the earliest, so its address is there in time.
  always_comb begin
    first_addr = '0;
    if (setup_q) begin
      first_addr = rule.base + ({4'b0, part_q} - {4'b0, rule.part_base}) * {4'b0, rule.part_stride} +
                   {10'b0, tag_q} * rule.tag_stride;
    end
  end

  assign written = (write_q | flush) & write_gnt_i;
  assign next_addr = addr_q + {11'b0, written & filled_q[3]};

  always_ff @(posedge clk_i) begin
    if (turn & active_q) places[color_q] <= {tag_q, length_q, next_addr};
  end

  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) begin
      open_q <= '0;
      active_q <= 1'b0;
      setup_q <= 1'b0;
      ended_q <= 1'b0;
      color_q <= '0;
      part_q <= '0;
      tag_q <= '0;
      length_q <= '0;
    end else if (take_gnt_i | setup_q | finish | turn) begin
      setup_q <= take_header & ~last_i;
      ended_q <= (take_gnt_i & last_i) | (ended_q & ~finish);
      if (take_gnt_i) active_q <= ~last_i;
      if (take_header) begin
        color_q <= take_color_o;
        part_q <= header.part;
        tag_q <= header.tag;
        length_q <= '0;
      end else if (take_payload & (length_q <= {1'b0, rule.words})) begin
        length_q <= length_q + 10'd1;
      end
      if (turn) begin
        open_q <= (open_q | (16'(active_q) << color_q)) & ~(lowest & {16{target_open}});
        active_q <= target_open;
        if (target_open) begin
          color_q <= target;
          tag_q <= places[target][23:22];
          length_q <= places[target][21:12];
        end
      end
    end
  end

  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) begin
      write_q <= 1'b0;
      filled_q <= '0;
      addr_q <= '0;
    end else if (take_payload | setup_q | written | turn) begin
      if (setup_q) addr_q <= first_addr;
      else if (turn & target_open) addr_q <= places[target][11:0];
      else addr_q <= next_addr;
      if (take_payload) begin
        write_q <= filled[3] | (last_i & (filled != '0));
        filled_q <= filled;
      end else if (written) begin
        write_q <= 1'b0;
        filled_q <= '0;
      end
    end
  end

  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) begin
      word0_q <= '0;
      word1_q <= '0;
      word2_q <= '0;
      word3_q <= '0;
    end else if (stored) begin
      unique case (length_q[1:0])
        2'd0:    word0_q <= data_i;
        2'd1:    word1_q <= data_i;
        2'd2:    word2_q <= data_i;
        default: word3_q <= data_i;
      endcase
    end
  end

  assign write_req_o = write_q | flush;
  assign write_addr_o = addr_q;
  assign write_be_o = {{4{filled_q[3]}}, {4{filled_q[2]}}, {4{filled_q[1]}}, {4{filled_q[0]}}};
  assign write_data_o = {word3_q, word2_q, word1_q, word0_q};

  assign error_o = finish & (length_q != {1'b0, rule.words});
  assign error_color_o = color_q;

  // ---------------------------------------------------------------- joins

  logic [JoinCountWidth-1:0] expected [8];  // where armed
  logic [JoinCountWidth-1:0] counts [32];   // messages of {join, tag}, where begun
  logic [31:0] headers [4];                 // of a tag's last message, part cleared
  logic [7:0]  armed_q;                     // joins that expect any
  logic [31:0] begun_q, ready_q;            // of {join, tag}

  logic        expected_hit, wait_join, acknowledge, complete;
  logic [4:0]  context_index;
  logic [JoinCountWidth-1:0] counted;
  tessera_pkg::header_t kept;

  always_comb begin
    context_index = '0;
    counted = '0;
    complete = 1'b0;
    if (finish) begin
      context_index = {rule.join_id, tag_q};
      counted = (begun_q[context_index] ? counts[context_index] : '0) + JoinCountWidth'(1);
      complete = armed_q[rule.join_id] & (counted == expected[rule.join_id]);
    end
  end

  assign expected_hit = reg_addr_i[9:3] == ExpectedBlock;
  assign wait_join = reg_re_i & reg_blocking_i & (reg_addr_i[9:5] == WaitBlock);
  assign acknowledge = wait_join & ready_q[reg_addr_i[4:0]];

  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) begin
      begun_q <= '0;
      ready_q <= '0;
      armed_q <= '0;
    end else if (finish | acknowledge | reg_we_i) begin
      if (reg_we_i & expected_hit) armed_q[reg_addr_i[2:0]] <= reg_wdata_i[JoinCountWidth-1:0] != '0;
      if (finish) begun_q[context_index] <= ~complete;
      if (acknowledge) ready_q[reg_addr_i[4:0]] <= 1'b0;
      if (complete) ready_q[context_index] <= 1'b1;
    end
  end

  always_ff @(posedge clk_i) begin
    if (reg_we_i & expected_hit) expected[reg_addr_i[2:0]] <= reg_wdata_i[JoinCountWidth-1:0];
  end

  always_ff @(posedge clk_i) begin
    if (finish) counts[context_index] <= counted;
  end

  always_comb begin
    kept = header;
    kept.part = '0;
  end

  always_ff @(posedge clk_i) begin
    if (take_header) headers[header.tag] <= kept;
  end

  always_comb begin
    join_ready_o = '0;
    if (ready_q != '0) begin
      for (int j = 0; j < 8; j++) join_ready_o[j] = ready_q[4*j +: 4] != '0;
    end
  end

  // ---------------------------------------------------------------- registers, busy

  assign reg_ready_o = ~(wait_join & ~acknowledge);

  always_comb begin
    reg_rdata_o = '0;
    if (reg_re_i) begin
      if (rule_hit) begin
        reg_rdata_o = rules[reg_addr_i[4:0]];
        if (~reg_addr_i[0]) reg_rdata_o[0] = enable_q[reg_addr_i[4:1]];
      end else if (expected_hit & armed_q[reg_addr_i[2:0]]) begin
        reg_rdata_o = 32'(expected[reg_addr_i[2:0]]);
      end else if (acknowledge) begin
        reg_rdata_o = headers[reg_addr_i[1:0]];
      end
    end
  end

  assign busy_o = take_gnt_i | setup_q | finish | written | turn | acknowledge |
                  (reg_we_i & (rule_hit | expected_hit));

  logic unused;
  assign unused = ^{rule.reserved, rule.enable, header.flags, header.slot, header.position};

endmodule
